#include "web/web_files.h"

#include <zlib.h>

#include <algorithm>

#include "base/check.h"

namespace sio::web {
namespace {

constexpr int kGzip = 16 + MAX_WBITS;  // tells zlib which format it is

}  // namespace

const File* FileSet::find(std::string_view name) const {
  const auto it = std::ranges::find(files, name, &File::name);
  return it == files.end() ? nullptr : &*it;
}

std::string unpacked(const File& file) {
  std::string packed(file.gzip());
  std::string bytes(file.size, '\0');
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  SIO_CHECK(inflateInit2(&stream, kGzip) == Z_OK);
  const int result = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  SIO_CHECK(result == Z_STREAM_END && stream.avail_out == 0);
  return bytes;
}

}  // namespace sio::web
