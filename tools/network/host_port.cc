#include "tools/network/host_port.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include <charconv>
#include <cstring>
#include <memory>

#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

struct HostPort {
  std::string host;
  uint16_t port = 0;
};

HostPort Split(std::string_view text) {
  const UsageError malformed(fmt::format(
      "\"{}\" is not HOST:PORT, such as 127.0.0.1:8888 or [::1]:8888, with a port from 1 to 65535",
      text));
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) throw malformed;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    throw malformed;
  }
  HostPort result{std::string(host), 0};
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), result.port);
  if (error != std::errc() || end != digits.data() + digits.size() || result.port == 0 ||
      host.empty()) {
    throw malformed;
  }
  return result;
}

}  // namespace

sockaddr_storage ResolveEndpoint(std::string_view text, bool allow_remote) {
  const HostPort parts = Split(text);
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(parts.host.c_str(), fmt::to_string(parts.port).c_str(), &hints, &found);
  if (error != 0) {
    throw UsageError(fmt::format("cannot find host \"{}\": {}", parts.host, gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  // A name may have several addresses; the documents' servers listen on IPv4, so that goes first.
  const addrinfo* chosen = found;
  while (chosen != nullptr && chosen->ai_family != AF_INET) chosen = chosen->ai_next;
  if (chosen == nullptr) chosen = found;
  sockaddr_storage address = {};
  std::memcpy(&address, chosen->ai_addr, chosen->ai_addrlen);
  if (!allow_remote && !IsLoopback(address)) {
    throw UsageError(
        fmt::format("{} is not this machine. hupstorm connects to loopback only, unless "
                    "--allow-remote is given",
                    text));
  }
  return address;
}

void RequireListener(const sockaddr_storage& address, std::string_view text) {
  if (RefusesConnections(address)) {
    throw UsageError(
        fmt::format("nobody listens at {}: start the server first, or look at the port", text));
  }
}

}  // namespace hupstorm
