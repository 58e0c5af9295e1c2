// Random JSON texts for property tests: everything that has bitten somebody is in the bag.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace sio::test {

class RandomJson {
 public:
  explicit RandomJson(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }

  // A value; objects and arrays nest at most `depth` deep. NDJSON spelling: may hold `$binary`.
  std::string value(int depth) {
    switch (below(depth > 0 ? 10 : 6)) {
      case 0:
      case 1:
      case 2:
        return scalar();
      case 3:
      case 4:
        return string();
      case 5:
        return binaries_ ? R"({"$binary":")" + base64() + "\"}" : scalar();
      case 6:
      case 7:
        return array(depth - 1);
      default:
        return object(depth - 1);
    }
  }

  // Values joined by commas.
  std::string values(int depth) {
    std::string out;
    for (std::size_t i = below(4); i > 0; --i) out += (out.empty() ? "" : ",") + value(depth);
    return out;
  }

  std::string string() {
    std::string out = "\"";
    for (std::size_t i = below(5); i > 0; --i)
      out += below(3) > 0 ? std::string(pick(kPieces)) : character();
    return out + "\"";
  }

  std::string space() { return std::string(pick(kSpaces)); }
  void without_binaries() { binaries_ = false; }

 private:
  template <std::size_t N>
  std::string_view pick(const std::array<std::string_view, N>& from) {
    return from[below(N)];
  }

  std::string scalar() { return below(3) > 0 ? std::string(pick(kScalars)) : number(); }

  std::string digits(std::size_t most) {
    std::string out;
    for (std::size_t i = 1 + below(most); i > 0; --i) out += static_cast<char>('0' + below(10));
    return out;
  }

  // Of any size and precision.
  std::string number() {
    std::string out = below(2) == 0 ? "-" : "";
    out += below(4) == 0 ? "0" : "1" + digits(30);
    if (below(2) == 0) out += "." + digits(20);
    if (below(3) == 0) out += (below(2) == 0 ? "e-" : "E") + digits(3);
    return out;
  }

  // Any code point: raw, or escaped where it has to be or just so.
  std::string character() {
    const std::size_t n = below(2) == 0 ? below(0x3000) : below(0x10000);
    const bool raw = n >= 0x20 && n != '"' && n != '\\' && (n < 0xd800 || n > 0xdfff);
    std::string out;
    if (!raw || below(4) == 0) {
      out = "\\u0000";
      for (std::size_t i = 5, rest = n; i > 1; --i, rest /= 16)
        out[i] = "0123456789abcdefABCDEF"[rest % 16];
    } else if (n < 0x80) {
      out += static_cast<char>(n);
    } else if (n < 0x800) {
      out += static_cast<char>(0xc0 | n >> 6);
      out += static_cast<char>(0x80 | (n & 0x3f));
    } else {
      out += static_cast<char>(0xe0 | n >> 12);
      out += static_cast<char>(0x80 | (n >> 6 & 0x3f));
      out += static_cast<char>(0x80 | (n & 0x3f));
    }
    return out;
  }

  std::string base64() { return std::string(pick(kBase64)); }

  std::string array(int depth) {
    std::string out = "[" + space();
    for (std::size_t i = below(4); i > 0; --i)
      out += value(depth) + space() + (i > 1 ? "," : "") + space();
    return out + "]";
  }

  // No key twice: what becomes of the values that JSON.parse would drop is nobody's promise.
  std::string object(int depth) {
    std::string out = "{" + space();
    bool first = true;
    for (std::size_t key = below(12); key < kKeys.size(); key += 1 + below(8)) {
      if (!first) out += "," + space();
      first = false;
      out += std::string(kKeys[key]) + space() + ":" + space() + value(depth) + space();
    }
    return out + "}";
  }

  static constexpr std::array<std::string_view, 16> kScalars = {"0",
                                                                "-0",
                                                                "7",
                                                                "-1.5e3",
                                                                "12345678901234567890123",
                                                                "9007199254740993",
                                                                "1e400",
                                                                "1E-400",
                                                                "0.1",
                                                                "true",
                                                                "false",
                                                                "null",
                                                                "18446744073709551616",
                                                                "-9223372036854775809",
                                                                "1e5",
                                                                "2.0"};
  static constexpr std::array<std::string_view, 16> kPieces = {
      "plain",
      "\\n",
      "\\\"",
      "\\\\",
      "\\u0000",
      "\\ud800",
      "\\ud83d\\ude00",
      "é",
      "日本語",
      "😀",
      "\\/",
      "$",
      " ",
      "\\udc00x",
      "{\\\"a\\\":1}",
      "a rather long run of plain characters"};
  static constexpr std::array<std::string_view, 13> kKeys = {"\"a\"",        "\"\"",
                                                             "\"$binary\"",  "\"$$$binary\"",
                                                             "\"num\"",      "\"_placeholder \"",
                                                             "\"binary\"",   "\"\\u0024$binary\"",
                                                             "\"$binaryx\"", "\"日\"",
                                                             "\"\\ud800\"",  "\"b\\nc\"",
                                                             "\"$\""};
  static constexpr std::array<std::string_view, 5> kSpaces = {"", "", " ", "\n", "\r\n\t"};
  static constexpr std::array<std::string_view, 5> kBase64 = {"", "AA==", "aGVsbG8=", "AAEC",
                                                              "////"};

  std::mt19937_64 random_;
  bool binaries_ = true;
};

}  // namespace sio::test
