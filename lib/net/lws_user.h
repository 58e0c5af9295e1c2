// Whom libwebsockets tells about a connection.
#pragma once

#include <cstddef>

struct lws;

namespace sio::net {

// The owner of a connection: what lws_get_opaque_user_data() points to. There is one callback for
// all protocols, and all it does is to find the owner. Loop thread only.
class LwsUser {
 public:
  virtual ~LwsUser() = default;
  // `reason` is one of enum lws_callback_reasons; what `in` and the result mean depends on it. The
  // last one is LWS_CALLBACK_WSI_DESTROY: `wsi` is invalid when that returns, and the user may be.
  virtual int on_lws(lws* wsi, int reason, void* in, std::size_t size) = 0;
};

}  // namespace sio::net
