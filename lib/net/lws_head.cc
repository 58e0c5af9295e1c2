#include "net/lws_head.h"

#include <libwebsockets.h>

#include <algorithm>
#include <optional>

namespace sio::net {
namespace {

struct MethodToken {
  lws_token_indexes token;
  std::string_view method;
};
constexpr MethodToken kMethods[] = {
    {WSI_TOKEN_GET_URI, "GET"},         {WSI_TOKEN_POST_URI, "POST"},
    {WSI_TOKEN_OPTIONS_URI, "OPTIONS"}, {WSI_TOKEN_PUT_URI, "PUT"},
    {WSI_TOKEN_PATCH_URI, "PATCH"},     {WSI_TOKEN_DELETE_URI, "DELETE"},
    {WSI_TOKEN_HEAD_URI, "HEAD"},
};

// One occurrence of a token. Nullopt: there are no more.
std::optional<std::string> read_fragment(lws* wsi, lws_token_indexes token, int number) {
  std::string text(static_cast<std::size_t>(lws_hdr_fragment_length(wsi, token, number)) + 1, '\0');
  const int size =
      lws_hdr_copy_fragment(wsi, text.data(), static_cast<int>(text.size()), token, number);
  if (size < 0) return std::nullopt;
  text.resize(static_cast<std::size_t>(size));
  return text;
}

// A repeated header has a space in front of its second value, and so has one with white space
// there.
std::string trimmed(std::string text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.back())) text.pop_back();
  std::size_t start = 0;
  while (start < text.size() && is_blank(text[start])) ++start;
  return text.substr(start);
}

#if LWS_LIBRARY_VERSION_NUMBER >= 4003000

void search_custom_headers(lws* wsi, std::string_view, HttpHeaders& headers) {
  struct Search {
    lws* wsi;
    HttpHeaders& headers;
  } search{wsi, headers};
  lws_hdr_custom_name_foreach(
      wsi,
      [](const char* name, int size, void* opaque) {
        auto& found = *static_cast<Search*>(opaque);
        std::string_view bare(name, static_cast<std::size_t>(size));
        if (bare.ends_with(':')) bare.remove_suffix(1);
        found.headers.emplace_back(bare, read_custom_header(found.wsi, bare));
      },
      &search);
}

#else

// What browsers, proxies and the usual clients send.
constexpr std::string_view kCommonHeaders[] = {
    "access-control-request-method",
    "access-control-request-private-network",
    "baggage",
    "cdn-loop",
    "cf-connecting-ip",
    "cf-ipcountry",
    "cf-ray",
    "cf-visitor",
    "correlation-id",
    "dnt",
    "fly-client-ip",
    "forwarded",
    "keep-alive",
    "last-event-id",
    "priority",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-storage-access",
    "sec-fetch-user",
    "sec-gpc",
    "traceparent",
    "tracestate",
    "true-client-ip",
    "upgrade-insecure-requests",
    "x-amzn-trace-id",
    "x-api-key",
    "x-b3-sampled",
    "x-b3-spanid",
    "x-b3-traceid",
    "x-client-id",
    "x-client-ip",
    "x-client-version",
    "x-cluster-client-ip",
    "x-correlation-id",
    "x-csrf-token",
    "x-custom-header",
    "x-device-id",
    "x-envoy-external-address",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-proto",
    "x-forwarded-server",
    "x-original-forwarded-for",
    "x-original-uri",
    "x-request-id",
    "x-request-start",
    "x-requested-with",
    "x-scheme",
    "x-session-id",
    "x-tenant-id",
    "x-token",
    "x-user",
    "x-user-id",
    "x-xsrf-token",
};

void ask_for(lws* wsi, std::string_view name, HttpHeaders& headers) {
  if (has_header(headers, name)) return;
  if (std::string value = read_custom_header(wsi, name); !value.empty())
    headers.emplace_back(name, std::move(value));
}

void search_custom_headers(lws* wsi, std::string_view bytes, HttpHeaders& headers) {
  bytes = bytes.substr(0, kMaxHead);
  bytes = bytes.substr(0, bytes.find("\r\n\r\n"));
  while (!bytes.empty()) {
    const std::string_view line = bytes.substr(0, bytes.find("\r\n"));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) ask_for(wsi, to_lower(line.substr(0, colon)), headers);
    bytes.remove_prefix(std::min(bytes.size(), line.size() + 2));
  }
  for (const std::string_view name : kCommonHeaders) ask_for(wsi, name, headers);
}

#endif

std::string read_target(lws* wsi, lws_token_indexes method) {
  std::string target;
  append_encoded(target, read_fragment(wsi, method, 0).value_or("/"), TargetPart::path);
  for (int i = 0;; ++i) {
    const auto argument = read_fragment(wsi, WSI_TOKEN_HTTP_URI_ARGS, i);
    if (!argument) return target;
    target += i == 0 ? '?' : '&';
    append_encoded(target, *argument, TargetPart::argument);
  }
}

}  // namespace

std::string read_custom_header(lws* wsi, std::string_view name) {
  const std::string key = std::string(name) + ':';
  const int key_size = static_cast<int>(key.size());
  const int size = lws_hdr_custom_length(wsi, key.c_str(), key_size);
  if (size <= 0) return "";
  std::string value(static_cast<std::size_t>(size) + 1, '\0');
  if (lws_hdr_custom_copy(wsi, value.data(), size + 1, key.c_str(), key_size) < 0) return "";
  value.pop_back();
  return trimmed(std::move(value));
}

HttpHeaders read_known_headers(lws* wsi) {
  HttpHeaders headers;
  for (int number = 0; number < WSI_TOKEN_COUNT; ++number) {
    const auto token = static_cast<lws_token_indexes>(number);
    if (lws_hdr_total_length(wsi, token) == 0) continue;
    const auto* text = reinterpret_cast<const char*>(lws_token_to_string(token));
    if (text == nullptr) continue;
    std::string_view name = text;  // "host:"; ":path" is HTTP/2's, and "get " is no header
    if (!name.ends_with(':') || name.starts_with(':')) continue;
    name.remove_suffix(1);
    for (int i = 0;; ++i) {
      auto value = read_fragment(wsi, token, i);
      if (!value) break;
      headers.emplace_back(name, trimmed(std::move(*value)));
    }
  }
  return headers;
}

void add_custom_headers(lws* wsi, std::string_view bytes, HttpHeaders& headers) {
  search_custom_headers(wsi, bytes, headers);
}

RequestHead read_request_head(lws* wsi) {
  RequestHead head;
  for (const MethodToken& method : kMethods) {
    if (lws_hdr_total_length(wsi, method.token) == 0) continue;
    head.method = method.method;
    head.target = read_target(wsi, method.token);
    break;
  }
  head.http11 = read_fragment(wsi, WSI_TOKEN_HTTP, 0).value_or("").ends_with("HTTP/1.1");
  head.headers = read_known_headers(wsi);
  return head;
}

std::size_t head_size(const RequestHead& head) {
  std::size_t size = head.method.size() + head.target.size() + sizeof "  HTTP/1.1\r\n";
  for (const auto& [name, value] : head.headers) size += name.size() + value.size() + 4;
  return size;
}

}  // namespace sio::net
