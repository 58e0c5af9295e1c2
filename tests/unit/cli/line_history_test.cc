#include "cli/line_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace sio::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LineHistoryFile : public testing::Test {
 protected:
  LineHistoryFile() {
    std::string name = testing::TempDir() + "history-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    path_ = directory_ + "/sio/history";
  }
  ~LineHistoryFile() override { std::filesystem::remove_all(directory_); }

  std::vector<std::string> loaded() const { return LineHistory(path_).load(); }
  void write(const std::string& text) const {
    std::filesystem::create_directories(directory_ + "/sio");
    std::ofstream(path_) << text;
  }

  std::string directory_;
  std::string path_;
};

TEST_F(LineHistoryFile, KeepsLinesForTheNextRun) {
  LineHistory first(path_);
  EXPECT_THAT(first.load(), IsEmpty());
  EXPECT_TRUE(first.add("one"));
  EXPECT_TRUE(first.add("zwölf"));
  EXPECT_THAT(loaded(), ElementsAre("one", "zwölf"));
}

TEST_F(LineHistoryFile, IsForItsOwnerAlone) {
  EXPECT_TRUE(LineHistory(path_).add("secret"));
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(LineHistoryFile, SkipsRepeatsEmptyLinesAndLinesBehindASpace) {
  LineHistory history(path_);
  EXPECT_TRUE(history.add("one"));
  EXPECT_FALSE(history.add("one"));
  EXPECT_FALSE(history.add(""));
  EXPECT_FALSE(history.add(" password"));
  EXPECT_FALSE(history.add(std::string(LineHistory::kMaxLine + 1, 'x')));
  EXPECT_FALSE(history.add("tab\tand \x1b[0m"));
  EXPECT_THAT(loaded(), ElementsAre("one"));
}

TEST_F(LineHistoryFile, TakesOnlyTextFromTheFile) {
  write("good\n\xff\xfe\nwith \x1b escape\n\nlast");
  EXPECT_THAT(loaded(), ElementsAre("good", "last"));
}

TEST_F(LineHistoryFile, ShortensAFileThatHasGrown) {
  std::string text;
  for (std::size_t i = 0; i < 2 * LineHistory::kLines; ++i) text += std::to_string(i) + "\n";
  write(text);
  EXPECT_EQ(loaded().size(), LineHistory::kLines);
  EXPECT_LT(std::filesystem::file_size(path_), text.size() / 2 + 1000);
  EXPECT_EQ(loaded().back(), std::to_string(2 * LineHistory::kLines - 1));
}

TEST_F(LineHistoryFile, CanBeNowhere) {
  LineHistory history("");
  EXPECT_THAT(history.load(), IsEmpty());
  EXPECT_TRUE(history.add("one"));
}

}  // namespace
}  // namespace sio::cli
