#include "server/static_files.h"

#include <gtest/gtest.h>

namespace sio::server {
namespace {

std::string path(std::string_view text) {
  return static_path(text).value_or("(none)");
}

TEST(StaticPath, LeadsToFilesAndIndexes) {
  EXPECT_EQ(path("/"), "index.html");
  EXPECT_EQ(path("/a.js"), "a.js");
  EXPECT_EQ(path("/sub/b c.txt"), "sub/b c.txt");
  EXPECT_EQ(path("/sub/"), "sub/index.html");
}

TEST(StaticPath, LeadsNowhereElse) {
  for (const std::string_view text :
       {"", "x", "//", "/a//b", "/..", "/../x", "/a/../b", "/.env", "/a/.git/config", "/a/./b"})
    EXPECT_EQ(path(text), "(none)") << text;
  EXPECT_EQ(path(std::string_view("/a\0b", 4)), "(none)");
}

TEST(StaticPath, KnowsTypesByName) {
  EXPECT_EQ(content_type_of("a/b.html"), "text/html; charset=utf-8");
  EXPECT_EQ(content_type_of("a.tar.gz"), "application/octet-stream");
  EXPECT_EQ(content_type_of("README"), "application/octet-stream");
}

}  // namespace
}  // namespace sio::server
