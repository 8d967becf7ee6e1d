// "HOST:PORT" from the command line, and the rule that hupstorm keeps to this machine.

#ifndef HUPSTORM_TOOLS_NETWORK_HOST_PORT_H_
#define HUPSTORM_TOOLS_NETWORK_HOST_PORT_H_

#include <sys/socket.h>

#include <string_view>

#include "base/loopback_address.h"

namespace hupstorm {

// Looks up "127.0.0.1:8888", "localhost:8888", "[::1]:8888". Throws UsageError if `text` is not of
// that form, if the name is unknown, and, unless `allow_remote`, if it is not this machine.
sockaddr_storage ResolveEndpoint(std::string_view text, bool allow_remote);

// Throws UsageError if the address, called `text` by the user, refuses connections.
void RequireListener(const sockaddr_storage& address, std::string_view text);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_NETWORK_HOST_PORT_H_
