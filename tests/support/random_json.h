// Random JSON texts for property tests: everything that has bitten somebody is in the bag.
#pragma once

#include <array>
#include <random>
#include <string>
#include <string_view>

namespace sio::test {

class RandomJson {
 public:
  explicit RandomJson(unsigned seed) : random_(seed) {}

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
    for (std::size_t i = below(5); i > 0; --i) out += pick(kPieces);
    return out + "\"";
  }

  std::string space() { return std::string(pick(kSpaces)); }
  void without_binaries() { binaries_ = false; }

 private:
  template <std::size_t N>
  std::string_view pick(const std::array<std::string_view, N>& from) {
    return from[below(N)];
  }

  std::string scalar() { return std::string(pick(kScalars)); }

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

  std::mt19937 random_;
  bool binaries_ = true;
};

}  // namespace sio::test
