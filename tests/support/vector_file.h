// Golden wire forms, kept in tests/vectors as text: blocks of three lines, parted by blank lines.
//
//   what this shows
//   the bytes on the wire; \xHH is the byte HH, every other backslash is itself
//   what they mean, or "! " and the error
//
// Lines that begin with # are comments.
#pragma once

#include <charconv>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace sio::test {

struct Vector {
  std::string what;
  std::string wire;
  std::string meaning;
  bool is_error() const { return meaning.starts_with("! "); }
};

inline std::string unescape_wire(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && text[i + 1] == 'x') {
      unsigned byte = 0;
      std::from_chars(&text[i + 2], &text[i + 4], byte, 16);
      out += static_cast<char>(byte);
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

// Reads tests/vectors/`name`. Throws when it is missing or cut short: a test must not pass on
// nothing.
inline std::vector<Vector> read_vectors(const std::string& name) {
  std::ifstream file(std::string(SIO_TEST_VECTORS) + "/" + name);
  if (!file) throw std::runtime_error("no vector file " + name);
  std::vector<Vector> vectors;
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line.front() == '#') continue;
    Vector vector{.what = line, .wire = {}, .meaning = {}};
    if (!std::getline(file, vector.wire) || !std::getline(file, vector.meaning))
      throw std::runtime_error("vector file " + name + " ends inside: " + line);
    vector.wire = unescape_wire(vector.wire);
    vectors.push_back(std::move(vector));
  }
  if (vectors.empty()) throw std::runtime_error("no vectors in " + name);
  return vectors;
}

}  // namespace sio::test
