#include "server/web_response.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace sio::server {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The part of `text` before `mark`, which is taken off with the mark.
std::string_view take_until(std::string_view& text, char mark) {
  const std::size_t end = std::min(text.find(mark), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trimmed(part);
}

// Of `q=0.5`. Nothing: it is no weight.
std::optional<double> weight_in(std::string_view text) {
  if (!text.starts_with("q=") && !text.starts_with("Q=")) return std::nullopt;
  double weight = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] =
      std::from_chars(text.data() + 2, end, weight, std::chars_format::fixed);
  const bool is_weight = error == std::errc{} && rest == end && weight >= 0 && weight <= 1;
  return is_weight ? std::optional(weight) : std::nullopt;
}

bool is_word(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
  });
}

}  // namespace

bool takes_gzip(std::string_view accept_encoding) {
  std::optional<double> gzip;
  std::optional<double> other;
  double identity = 0;
  while (!accept_encoding.empty()) {
    std::string_view item = take_until(accept_encoding, ',');
    const std::string_view coding = take_until(item, ';');
    const std::optional<double> weight = item.empty() ? 1 : weight_in(trimmed(item));
    if (!weight) continue;
    if (is_word(coding, "gzip") || is_word(coding, "x-gzip")) gzip = *weight;
    if (coding == "*") other = *weight;
    if (is_word(coding, "identity")) identity = *weight;
  }
  const double liking = gzip.value_or(other.value_or(0));
  return liking > 0 && liking >= identity;
}

bool names_etag(std::string_view if_none_match, std::string_view etag) {
  return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

net::HttpResponse web_response(const web::FileSet& set, const web::File& file,
                               const net::HttpRequest& request) {
  net::HttpResponse response{.headers = {{"Cache-Control", "public, max-age=0"},
                                         {"ETag", std::string(set.etag)},
                                         {"Vary", "Accept-Encoding"}}};
  if (names_etag(request.header("if-none-match"), set.etag)) {
    response.status = 304;
    return response;
  }
  response.headers.emplace_back("Content-Type", file.type);
  const bool is_packed = takes_gzip(request.header("accept-encoding"));
  if (is_packed) response.headers.emplace_back("Content-Encoding", "gzip");
  response.body = is_packed ? std::string(file.gzip()) : web::unpacked(file);
  return response;
}

}  // namespace sio::server
