// What one event costs in the protocol layer: decode, encode, scan, assemble, split, match.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/check.h"
#include "proto/attachments.h"
#include "proto/engine_payload.h"
#include "proto/glob.h"
#include "proto/json_text.h"
#include "proto/packet_assembler.h"
#include "proto/packet_codec.h"

namespace sio::proto {
namespace {

// The payloads that decoding is measured on, in this order.
enum class Shape { text, object, unicode, medium, large };

std::string payload(Shape shape) {
  const auto rows = [](int count) {
    std::string out = "[\"rows\"";
    for (int i = 0; i < count; ++i)
      out += ",{\"id\":" + std::to_string(i * 7919) + ",\"name\":\"user number " +
             std::to_string(i) + "\",\"tags\":[\"a\",\"bb\",\"ccc\"],\"v\":0.125}";
    return out + "]";
  };
  switch (shape) {
    case Shape::text:
      return "[\"line\",\"" + std::string(138, 'x') + "\"]";
    case Shape::object:
      return R"(["order",{"id":1042,"customer":"Ada Lovelace","items":[{"sku":"A-1","n":2},)"
             R"({"sku":"B-22","n":1}],"total":99.95,"paid":true,"note":"leave at the door"}])";
    case Shape::unicode:
      return "[\"line\",\"Grüße aus München, 東京, Αθήνα und anderswo: ñandú, œuvre, 😀 "
             "und noch ein paar Wörter\"]";
    case Shape::medium:
      return rows(10);
    default:
      return rows(1000);
  }
}

void shapes(benchmark::internal::Benchmark* bench) {
  for (int shape = 0; shape <= static_cast<int>(Shape::large); ++shape) bench->Arg(shape);
  bench->ArgName("shape");
}

void count_bytes(benchmark::State& state, std::size_t size) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
  state.SetItemsProcessed(state.iterations());
}

void decode_event(benchmark::State& state) {
  const std::string message = "2" + payload(static_cast<Shape>(state.range(0)));
  PacketDecoder decoder;
  for (auto _ : state) {
    auto packet = decoder.decode(message);
    SIO_CHECK(packet);
    benchmark::DoNotOptimize(packet);
  }
  count_bytes(state, message.size());
}
BENCHMARK(decode_event)->Apply(shapes);

void check_text(benchmark::State& state) {
  const std::string text = payload(static_cast<Shape>(state.range(0)));
  for (auto _ : state) {
    auto kind = check_json(text);
    SIO_CHECK(kind);
    benchmark::DoNotOptimize(kind);
  }
  count_bytes(state, text.size());
}
BENCHMARK(check_text)->Apply(shapes);

void encode(benchmark::State& state) {
  const std::string args = "\"" + std::string(138, 'x') + "\"";
  for (auto _ : state) benchmark::DoNotOptimize(encode_event("/chat", "line", args, 12));
  count_bytes(state, args.size());
}
BENCHMARK(encode);

void escape_a_line(benchmark::State& state) {
  const std::string line(150, 'x');
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_json_string(out, line);
    benchmark::DoNotOptimize(out.data());
  }
  count_bytes(state, line.size());
}
BENCHMARK(escape_a_line);

void assemble_plain(benchmark::State& state) {
  const std::string message = "2" + payload(Shape::text);
  PacketDecoder decoder;
  PacketAssembler assembler(decoder, 1'000'000);
  for (auto _ : state) benchmark::DoNotOptimize(assembler.add_text(message));
  count_bytes(state, message.size());
}
BENCHMARK(assemble_plain);

void assemble_binary(benchmark::State& state) {
  const std::string message = R"(51-["file",{"_placeholder":true,"num":0}])";
  const std::string bytes(1000, '\xff');
  PacketDecoder decoder;
  PacketAssembler assembler(decoder, 1'000'000);
  for (auto _ : state) {
    benchmark::DoNotOptimize(assembler.add_text(message));
    benchmark::DoNotOptimize(assembler.add_binary(bytes));
  }
  count_bytes(state, message.size() + bytes.size());
}
BENCHMARK(assemble_binary);

void split_payload(benchmark::State& state) {
  PayloadWriter writer(1'000'000);
  for (int i = 0; i < 16; ++i) writer.add_text("42" + payload(Shape::text));
  const std::string body = writer.take();
  for (auto _ : state)
    for (PayloadReader reader(body); !reader.done();) benchmark::DoNotOptimize(reader.next());
  count_bytes(state, body.size());
}
BENCHMARK(split_payload);

void to_ndjson(benchmark::State& state) {
  const std::string args = R"({"a":[{"_placeholder":true,"num":0}]},"text")";
  const std::vector<std::string> attachments = {std::string(1000, '\xff')};
  for (auto _ : state) benchmark::DoNotOptimize(to_ndjson_args(args, attachments));
  count_bytes(state, args.size() + 1000);
}
BENCHMARK(to_ndjson);

void match_glob(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(glob_match("order.*.done", "order.1042.is.done"));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(match_glob);

}  // namespace
}  // namespace sio::proto
