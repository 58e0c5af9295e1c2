#include "base/posix_fs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace sio {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class PosixFsTest : public testing::Test {
 protected:
  PosixFsTest() {
    std::string pattern = testing::TempDir() + "posix-fs-XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~PosixFsTest() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  PosixFs fs_;
  std::string directory_;
};

TEST_F(PosixFsTest, WritesAndReadsAnywhereInAFile) {
  const auto file = *fs_.open_to_write(path("a"));
  ASSERT_TRUE(file->write_at(3, "def"));
  ASSERT_TRUE(file->write_at(0, "abc"));
  ASSERT_TRUE(file->sync());
  EXPECT_EQ(*file->size(), 6u);
  char bytes[10];
  EXPECT_EQ(*file->read_at(2, bytes, 10), 4u);
  EXPECT_EQ(std::string(bytes, 4), "cdef");
  ASSERT_TRUE(file->truncate(1));
  EXPECT_EQ(*read_file(fs_, path("a"), 10), "a");
}

TEST_F(PosixFsTest, ReservingSpaceLeavesTheSize) {
  const auto file = *fs_.open_to_write(path("a"));
  ASSERT_TRUE(file->write_at(0, "abc"));
  ASSERT_TRUE(file->reserve(3, 1u << 20));
  EXPECT_EQ(*file->size(), 3u);
}

TEST_F(PosixFsTest, OpeningToWriteKeepsWhatIsThere) {
  ASSERT_TRUE((*fs_.open_to_write(path("a")))->write_at(0, "abc"));
  EXPECT_EQ(*(*fs_.open_to_write(path("a")))->size(), 3u);
}

TEST_F(PosixFsTest, SaysWhatIsNotThere) {
  const auto file = fs_.open_to_read(path("missing"));
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, Errc::not_found);
  EXPECT_THAT(file.error().message, HasSubstr(path("missing") + ": No such file"));
  EXPECT_EQ(fs_.remove(path("missing")).error().code, Errc::not_found);
  EXPECT_EQ(fs_.list(path("missing")).error().code, Errc::not_found);
}

TEST_F(PosixFsTest, ListsRenamesAndRemoves) {
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(fs_.open_to_write(path(name)));
  ASSERT_TRUE(fs_.rename(path("a"), path("b")));
  ASSERT_TRUE(fs_.remove(path("c")));
  ASSERT_TRUE(fs_.sync_directory(directory_));
  EXPECT_THAT(*fs_.list(directory_), UnorderedElementsAre("b"));
}

TEST_F(PosixFsTest, MakesDirectoriesWithTheirParents) {
  ASSERT_TRUE(fs_.create_directories(path("x/y/z")));
  ASSERT_TRUE(fs_.create_directories(path("x/y/z")));
  EXPECT_TRUE(std::filesystem::is_directory(path("x/y/z")));
  ASSERT_TRUE(fs_.open_to_write(path("file")));
  EXPECT_FALSE(fs_.create_directories(path("file/below")));
}

TEST_F(PosixFsTest, ALockHasOneHolder) {
  auto first = fs_.lock(path("lock"));
  ASSERT_TRUE(first);
  EXPECT_EQ(fs_.lock(path("lock")).error().code, Errc::unavailable);
  first->reset();
  EXPECT_TRUE(fs_.lock(path("lock")));
}

TEST_F(PosixFsTest, AReplacedFileIsWhole) {
  ASSERT_TRUE(replace_file(fs_, path("a"), "long content"));
  ASSERT_TRUE(replace_file(fs_, path("a"), "short"));
  EXPECT_EQ(*read_file(fs_, path("a"), 100), "short");
  EXPECT_THAT(*fs_.list(directory_), UnorderedElementsAre("a"));
}

TEST_F(PosixFsTest, AFileBeyondTheLimitIsNotRead) {
  ASSERT_TRUE(replace_file(fs_, path("a"), "12345"));
  EXPECT_EQ(read_file(fs_, path("a"), 4).error().code, Errc::too_large);
}

}  // namespace
}  // namespace sio
