// Unguessable names: session ids, store names, dedupe keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace sio {

// 20 characters of [A-Za-z0-9_-], 120 random bits. A bearer secret; two never
// collide in practice. The alphabet and length are those of the official server's session ids.
std::string random_id();

// `length` characters of [a-z0-9], for names that people read and type.
std::string random_name(std::size_t length);

// Fills `size` bytes from the system's secure source. Aborts if there is none.
void random_bytes(void* data, std::size_t size);

}  // namespace sio
