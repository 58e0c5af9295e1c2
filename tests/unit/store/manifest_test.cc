#include "store/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fault_fs.h"

namespace sio::store {
namespace {

using sio::test::FaultFs;
using ::testing::HasSubstr;

const Manifest kManifest{.name = "k3f9", .seed = 0xabc, .reserved = 42, .clean = true};

TEST(Manifest, LooksAsDocumented) {
  EXPECT_THAT(encode_manifest(kManifest),
              HasSubstr("sio-queue 1\nname k3f9\nseed 0000000000000abc\nreserved 42\nclean yes\n"
                        "check "));
}

TEST(Manifest, ComesBackAsItWas) {
  const Manifest read = *decode_manifest(encode_manifest(kManifest));
  EXPECT_EQ(read.name, "k3f9");
  EXPECT_EQ(read.seed, 0xabcu);
  EXPECT_EQ(read.reserved, 42u);
  EXPECT_TRUE(read.clean);
}

TEST(Manifest, EveryFlippedBitAndEveryCutIsNoticed) {
  const std::string good = encode_manifest(kManifest);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode_manifest(bad)) << bit;
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(decode_manifest(good.substr(0, size))) << size;
  }
}

TEST(Manifest, ANewerFormatIsNotCalledDamage) {
  const auto read = decode_manifest("sio-queue 2\nsomething else");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::unavailable);
}

TEST(Manifest, IsTheOldOrTheNewOneWhateverHappens) {
  Manifest newer = kManifest;
  newer.reserved = 99;
  FaultFs measure;
  ASSERT_TRUE(write_manifest(measure, "/q", kManifest));
  const std::uint64_t first = measure.operations();
  ASSERT_TRUE(write_manifest(measure, "/q", newer));
  for (std::uint64_t n = first; n < measure.operations(); ++n) {
    for (std::uint64_t choice = 0; choice < 64; ++choice) {
      FaultFs fs;
      ASSERT_TRUE(write_manifest(fs, "/q", kManifest));
      fs.fail_at(n, FaultFs::Fault::power_off);
      EXPECT_FALSE(write_manifest(fs, "/q", newer));
      const auto read = read_manifest(*fs.after_power_loss(choice), "/q");
      ASSERT_TRUE(read) << n << " " << choice;
      EXPECT_TRUE(read->reserved == 42 || read->reserved == 99);
    }
  }
}

}  // namespace
}  // namespace sio::store
