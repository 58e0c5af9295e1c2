#include "base/redis_replies.h"

#include <hiredis/hiredis.h>

namespace sio {
namespace {

constexpr int kMaxElements = 1 << 22;

}  // namespace

void bound_arrays(redisReader& reader) {
  static const redisReplyObjectFunctions hiredis = *reader.fn;
  static redisReplyObjectFunctions bounded = [] {
    redisReplyObjectFunctions functions = hiredis;
    functions.createArray = [](const redisReadTask* task, int elements) -> void* {
      return elements > kMaxElements ? nullptr : hiredis.createArray(task, elements);
    };
    return functions;
  }();
  reader.fn = &bounded;
}

}  // namespace sio
