// Files of a directory over HTTP: `serve --static DIR`.
//
// GET and HEAD; a directory is its index.html. Nothing outside of the directory, nothing through a
// link that leads out of it, and nothing whose name, or a folder on the way, begins with a dot.
// ETag and If-None-Match; files are read as fast as the client takes them, and while the disk looks
// for one, everybody else is served.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "server/visit.h"

namespace sio::server {

// The file below the directory that a request's path (decoded, beginning with '/') means; a
// directory's ends in '/'. Errc::not_found: it must not be served, or cannot be one.
Result<std::string> static_path(std::string_view path);
// By the file's name; UTF-8 is assumed of text.
std::string_view content_type_of(std::string_view path);

class StaticFiles {
 public:
  // Errors: it is no directory that can be read.
  static Result<std::unique_ptr<StaticFiles>> open(const std::string& directory);
  ~StaticFiles();
  StaticFiles(const StaticFiles&) = delete;
  StaticFiles& operator=(const StaticFiles&) = delete;

  // Answers a GET or HEAD.
  void serve(DoorContext& context, net::HttpExchange& exchange) const;

 private:
  explicit StaticFiles(int fd) : fd_(fd) {}
  // A descriptor, or -1 and errno.
  int open_below(const std::string& path) const;

  int fd_;
};

}  // namespace sio::server
