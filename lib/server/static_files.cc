#include "server/static_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "server/door_request.h"
#include "server/web_response.h"

namespace sio::server {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPiece = 64 * 1024;     // read at once
constexpr std::size_t kWaiting = 4 * kPiece;  // for the client
constexpr Duration kFirstLook = 1ms;          // whether the disk has brought what was asked for
constexpr Duration kLastLook = 16ms;
constexpr Duration kPatience = 10s;  // then a read that waits tells what is wrong

constexpr std::array<std::pair<std::string_view, std::string_view>, 24> kTypes = {{
    {".html", "text/html; charset=utf-8"},
    {".htm", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".txt", "text/plain; charset=utf-8"},
    {".md", "text/markdown; charset=utf-8"},
    {".csv", "text/csv; charset=utf-8"},
    {".xml", "application/xml"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".gif", "image/gif"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".wasm", "application/wasm"},
    {".woff2", "font/woff2"},
    {".mp3", "audio/mpeg"},
    {".mp4", "video/mp4"},
    {".webm", "video/webm"},
    {".pdf", "application/pdf"},
}};

net::HttpResponse not_found() {
  return {.status = 404, .headers = {{"Content-Type", "text/plain"}}, .body = "Not Found\n"};
}

std::string etag_of(const struct stat& status) {
  return fmt::format("\"{:x}-{:x}-{:x}\"", status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec);
}

// Sends an open file to one client. Nobody waits for the disk: what is not in memory is asked for,
// and looked for again a moment later.
class FileVisit final : public Visit, private net::HttpStreamEvents, private net::Timer::Handler {
 public:
  FileVisit(DoorContext& context, int fd, std::uint64_t size)
      : context_(context), fd_(fd), left_(size) {}
  ~FileVisit() override { ::close(fd_); }

  void start(net::HttpExchange& exchange, net::HttpResponse response) {
    is_head_ = exchange.request().method() == "HEAD";
    stream_ = &exchange.stream(std::move(response), *this, left_);
    fill();
  }
  void shut_down() override {}  // it ends by itself

 private:
  void on_drained() override { fill(); }
  void on_closed() override {
    disk_.cancel();
    context_.finish(*this);
  }
  void on_timer(net::Timer&) override { fill(); }

  // As pread(2) does, but EAGAIN when the disk would have to be waited for.
  ssize_t read(std::span<char> piece) const {
    const iovec part{.iov_base = piece.data(), .iov_len = piece.size()};
    const auto offset = static_cast<off_t>(offset_);
    if (waited_ < kPatience) {
      const ssize_t got = ::preadv2(fd_, &part, 1, offset, RWF_NOWAIT);
      if (got >= 0 || errno != EOPNOTSUPP) return got;
    }
    return ::preadv(fd_, &part, 1, offset);
  }

  void wait_for_disk() {
    if (look_ == kFirstLook)
      ::posix_fadvise(fd_, static_cast<off_t>(offset_), kWaiting, POSIX_FADV_WILLNEED);
    disk_.arm_in(look_);
    waited_ += look_;
    look_ = std::min(2 * look_, kLastLook);
  }

  void fill() {
    if (is_head_) left_ = 0;
    std::array<char, kPiece> piece;
    while (left_ > 0 && stream_->backlog() < kWaiting) {
      const ssize_t got = read(std::span(piece).first(std::min<std::uint64_t>(kPiece, left_)));
      if (got < 0 && errno == EAGAIN) return wait_for_disk();
      if (got <= 0) {  // it has become shorter
        std::exchange(stream_, nullptr)->abort();
        return context_.finish(*this);
      }
      stream_->write({piece.data(), static_cast<std::size_t>(got)});
      offset_ += static_cast<std::uint64_t>(got);
      left_ -= static_cast<std::uint64_t>(got);
      look_ = kFirstLook;
      waited_ = {};
    }
    if (left_ > 0) return stream_->set_drain_mark(kPiece);
    std::exchange(stream_, nullptr)->end();
    context_.finish(*this);
  }

  DoorContext& context_;
  int fd_;
  std::uint64_t left_;
  std::uint64_t offset_ = 0;
  net::HttpStream* stream_ = nullptr;
  net::Timer disk_{context_.loop, *this};
  Duration look_ = kFirstLook;
  Duration waited_{};
  bool is_head_ = false;
};

}  // namespace

Result<std::string> static_path(std::string_view path) {
  const auto hidden = [] { return fail(Errc::not_found, "not found"); };
  if (!path.starts_with('/') || path.find('\0') != std::string_view::npos) return hidden();
  std::string relative;
  for (path.remove_prefix(1); !path.empty();) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, end);
    if (name.empty() || name.starts_with('.')) return hidden();
    relative += name;
    if (end < path.size()) relative += '/';
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  if (relative.empty() || relative.ends_with('/')) relative += "index.html";
  return relative;
}

std::string_view content_type_of(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return "application/octet-stream";
  const auto* const known = std::ranges::find(
      kTypes, path.substr(dot), &std::pair<std::string_view, std::string_view>::first);
  return known == kTypes.end() ? "application/octet-stream" : known->second;
}

Result<std::unique_ptr<StaticFiles>> StaticFiles::open(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return fail(Errc::usage, fmt::format("--static {}: {}", directory, std::strerror(errno)));
  return std::unique_ptr<StaticFiles>(new StaticFiles(fd));
}

StaticFiles::~StaticFiles() {
  ::close(fd_);
}

int StaticFiles::open_below(const std::string& path) const {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;  // a FIFO must not be waited for
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, fd_, path.c_str(), &how, sizeof how));
}

void StaticFiles::serve(DoorContext& context, net::HttpExchange& exchange) const {
  const net::HttpRequest& request = exchange.request();
  const std::string_view target = request.target();
  const auto relative = static_path(path_of(target));
  const int fd = relative ? open_below(*relative) : -1;
  struct stat status {};
  if (fd < 0 || ::fstat(fd, &status) != 0) {
    if (fd >= 0) ::close(fd);
    return answer(context, exchange, not_found());
  }
  if (S_ISDIR(status.st_mode)) {
    ::close(fd);
    return answer(context, exchange,
                  {.status = 301,
                   .headers = {{"Location", std::string(target.substr(0, target.find('?'))) + "/"}},
                   .body = {}});
  }
  auto visit = std::make_unique<FileVisit>(context, fd, static_cast<std::uint64_t>(status.st_size));
  if (!S_ISREG(status.st_mode)) return answer(context, exchange, not_found());
  const std::string etag = etag_of(status);
  net::HttpResponse response{.headers = {{"ETag", etag},
                                         {"Cache-Control", "no-cache"},
                                         {"X-Content-Type-Options", "nosniff"}}};
  if (names_etag(request.header("if-none-match"), etag)) {
    response.status = 304;
    return answer(context, exchange, std::move(response));
  }
  response.headers.emplace_back("Content-Type", content_type_of(*relative));
  context.cors.add_headers(request, response.headers);
  FileVisit& started = *visit;
  context.begin(std::move(visit));
  started.start(exchange, std::move(response));
}

}  // namespace sio::server
