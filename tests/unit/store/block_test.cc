#include "store/block.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/records.h"

namespace sio::store {
namespace {

using sio::test::Collector;
using sio::test::kEverything;
using sio::test::kNoLimit;

void add(Block& block, const std::string& body) {
  const NewRecord record{.body_head = body};
  block.add(record, record_size(record));
}

std::vector<std::string> bodies_from(const Block& block, Seq from) {
  Collector collector;
  Reading reading(from, kEverything, kNoLimit, collector);
  block.show(reading);
  return collector.bodies();
}

TEST(Block, GoesOnWhereItWasCut) {
  Block block(100'000);
  block.reset(10);
  std::vector<std::string> bodies;
  for (int i = 0; i < 300; ++i) {
    bodies.push_back(std::to_string(i));
    add(block, bodies.back());
  }
  for (const std::size_t keep : {250u, 128u, 64u, 1u}) {
    block.cut(10 + keep);
    bodies.resize(keep);
    EXPECT_EQ(block.next(), 10 + keep);
    for (int i = 0; i < 70; ++i) {
      bodies.push_back("new " + std::to_string(i));
      add(block, bodies.back());
    }
    for (std::size_t from = 0; from < bodies.size(); from += 7) {
      EXPECT_THAT(bodies_from(block, 10 + from),
                  testing::ElementsAreArray(bodies.begin() + static_cast<std::ptrdiff_t>(from),
                                            bodies.end()));
    }
  }
}

}  // namespace
}  // namespace sio::store
