// Memory for libwebsockets that an idle connection does not use.
#pragma once

#include <cstddef>

namespace sio::net {

// From now on the buffers of `size` bytes and a little that libwebsockets has for each WebSocket
// connection take up memory only where something was written to them. Without this each takes a
// page at once, because malloc writes its own words in front; that is more than all the rest of an
// idle connection. For the whole process, as libwebsockets' allocator is. Any thread; before the
// first connection.
void keep_idle_buffers_empty(std::size_t size);

}  // namespace sio::net
