// What hiredis is told about the replies of a Redis server before it reads any.
#pragma once

struct redisReader;

namespace sio {

// Makes `reader` refuse an array of more elements than anything that is asked for has: hiredis
// takes memory for all of them as soon as it knows how many there shall be.
void bound_arrays(redisReader& reader);

}  // namespace sio
