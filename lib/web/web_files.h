// Files for browsers, out of npm packages: part of the program, compressed when it is built.
//
// They lie in read-only pages that the system loads when somebody asks for a file; a command that
// serves none pays nothing for them.
//
// How to add a set: name its package in package.json (`npm install` then writes the lock file),
// give it a sio_web_set() in CMakeLists.txt, which makes the function, and declare that here.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace sio::web {

struct File {
  std::string_view name;  // below the set's folder: "socket.io.js", "css/app.css"
  std::string_view type;  // as Content-Type has it
  std::size_t size;       // without compression
  const char* packed;     // see gzip()
  const char* packed_end;

  // What is sent with `Content-Encoding: gzip`.
  std::string_view gzip() const { return {packed, static_cast<std::size_t>(packed_end - packed)}; }
};

struct FileSet {
  std::string_view etag;  // of all of them, quoted: the package's version
  std::span<const File> files;

  // Null: there is no such file.
  const File* find(std::string_view name) const;
};

// The bytes of the file as the package has them.
std::string unpacked(const File& file);

// The official client, for pages: socket.io.js, its .min.js, .esm.min.js and .msgpack.min.js, each
// with its .map.
const FileSet& socket_io_client();
// The official admin UI: index.html and what it loads by paths relative to it.
const FileSet& admin_ui();
// The icons that the admin UI would load from elsewhere, as a style sheet and its font.
const FileSet& admin_icons();

}  // namespace sio::web
