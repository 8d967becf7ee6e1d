// "HOST:PORT" from the command line, and the rule that hupstorm keeps to this machine.

#ifndef HUPSTORM_TOOLS_NETWORK_HOST_PORT_H_
#define HUPSTORM_TOOLS_NETWORK_HOST_PORT_H_

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/loopback_address.h"

namespace hupstorm {

struct Endpoint {
  sockaddr_storage address = {};
  socklen_t length = 0;
  std::string text;  // "127.0.0.1:8888", "[::1]:8888"
};

// `text`: "127.0.0.1:8888", "localhost:8888", "[::1]:8888". Throws UsageError where it is not of
// that form, or the name is unknown, or, unless `allow_remote`, it is not this machine.
Endpoint ResolveEndpoint(std::string_view text, bool allow_remote);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_NETWORK_HOST_PORT_H_
