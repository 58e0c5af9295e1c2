#include "web/web_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sio::web {
namespace {

using testing::Contains;
using testing::EndsWith;
using testing::Field;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(FileSet, HoldsTheClientInAllItsFlavours) {
  const FileSet& client = socket_io_client();
  EXPECT_EQ(client.files.size(), 8U);
  const File* const file = client.find("socket.io.js");
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(file->type, "application/javascript; charset=utf-8");
  const std::string version(client.etag.substr(1, client.etag.size() - 2));
  EXPECT_THAT(unpacked(*file), StartsWith("/*!\n * Socket.IO v" + version + "\n"));
}

TEST(FileSet, UnpacksEachFileWhole) {
  for (const FileSet* set : {&socket_io_client(), &admin_ui(), &admin_icons()})
    for (const File& file : set->files) {
      EXPECT_EQ(unpacked(file).size(), file.size) << file.name;
      EXPECT_LT(file.gzip().size(), file.size + 64) << file.name;
    }
}

TEST(FileSet, HasNamesBelowItsFolder) {
  EXPECT_THAT(unpacked(*admin_ui().find("index.html")), HasSubstr("<!DOCTYPE html>"));
  EXPECT_THAT(admin_ui().files, Contains(Field(&File::name, StartsWith("css/"))));
  EXPECT_THAT(admin_ui().files, Not(Contains(Field(&File::name, EndsWith(".map")))));
  for (const std::string_view name : {"", "socket.io", "/index.html", "js", "css/"})
    EXPECT_EQ(admin_ui().find(name), nullptr) << name;
}

}  // namespace
}  // namespace sio::web
