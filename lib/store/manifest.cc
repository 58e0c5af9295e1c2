// manifest := "sio-queue 1\n" "name " NAME "\n" "seed " HEX16 "\n" "reserved " DECIMAL "\n"
//             "clean " ("yes" | "no") "\n" "check " HEX16 "\n"
//
// `check` is XXH3-64 (seed 0) of the lines before it.
#include "store/manifest.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <charconv>
#include <optional>

#include "store/segment.h"

namespace sio::store {
namespace {

constexpr std::string_view kTitle = "sio-queue ";
constexpr std::size_t kMaxManifest = 4096;

std::string check_line(std::string_view lines) {
  return fmt::format("check {:016x}\n", XXH3_64bits(lines.data(), lines.size()));
}

// Takes "NAME value\n" off the front of `text`; nothing if it does not stand there.
std::optional<std::string_view> take_line(std::string_view& text, std::string_view name) {
  if (!text.starts_with(name)) return {};
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return {};
  const std::string_view value = text.substr(name.size(), end - name.size());
  text.remove_prefix(end + 1);
  return value;
}

std::optional<std::uint64_t> take_number(std::string_view& text, std::string_view name, int base) {
  const auto value = take_line(text, name);
  if (!value) return {};
  std::uint64_t number = 0;
  const auto [stop, error] =
      std::from_chars(value->data(), value->data() + value->size(), number, base);
  if (error != std::errc() || stop != value->data() + value->size()) return {};
  return number;
}

}  // namespace

std::string encode_manifest(const Manifest& manifest) {
  std::string text =
      fmt::format("{}{}\nname {}\nseed {:016x}\nreserved {}\nclean {}\n", kTitle, kFormatVersion,
                  manifest.name, manifest.seed, manifest.reserved, manifest.clean ? "yes" : "no");
  text += check_line(text);
  return text;
}

Result<Manifest> decode_manifest(std::string_view text) {
  const std::string_view whole = text;
  const auto version = take_number(text, kTitle, 10);
  if (!version) return fail(Errc::protocol, "not the manifest of a queue");
  if (*version != kFormatVersion) {
    return fail(Errc::unavailable,
                fmt::format("the queue is of format {}, this program knows format {}", *version,
                            kFormatVersion));
  }
  const auto name = take_line(text, "name ");
  const auto seed = take_number(text, "seed ", 16);
  const auto reserved = take_number(text, "reserved ", 10);
  const auto clean = take_line(text, "clean ");
  if (!name || !seed || !reserved || !clean ||
      text != check_line(whole.substr(0, whole.size() - text.size()))) {
    return fail(Errc::protocol, "the manifest is damaged");
  }
  return Manifest{
      .name = std::string(*name), .seed = *seed, .reserved = *reserved, .clean = *clean == "yes"};
}

std::string manifest_path(const std::string& directory) {
  return directory + "/manifest";
}

Result<Manifest> read_manifest(Fs& fs, const std::string& directory) {
  SIO_TRY(const std::string text, read_file(fs, manifest_path(directory), kMaxManifest));
  return decode_manifest(text);
}

Status write_manifest(Fs& fs, const std::string& directory, const Manifest& manifest) {
  return replace_file(fs, manifest_path(directory), encode_manifest(manifest));
}

}  // namespace sio::store
