// A server under test, as the rest of hupstorm sees it: a name, a protocol, and one blocking call.
//
// This header and everything in target/ use POSIX and the C++ library only. A target knows nothing
// of the simulated kernel, of scenarios, or of the shim; the same object code runs as a real
// server.

#ifndef HUPSTORM_TARGET_TARGET_H_
#define HUPSTORM_TARGET_TARGET_H_

#include <cstdint>
#include <functional>
#include <string>

namespace hupstorm {

// What a client may rely on getting back. The oracles judge a target's answers by this.
enum class Protocol : uint8_t {
  kEcho,  // every byte comes back, in order
  kAck,   // each successful read is answered with kAckAnswer
  kHttp,  // one full request is answered with kHttpResponse, then the server ends the connection
};

// The answer of doc002/epoll-ack to each of its reads ("I have received your data!"), in UTF-8.
inline constexpr char kAckAnswer[] = "我已经收到你的数据了!\n";

// The response of doc003/epoll-http, whole.
inline constexpr char kHttpResponse[] =
    "HTTP/1.0 200 OK\r\nDate: Mon, 1 Jan 1996 01:01:01 GMT\r\n"
    "Content-Type: text/plain\r\nContent-Length: 13\r\n\r\n"
    "Hello, world!";

struct Target {
  // "reference/epoll-lt", "doc001/select", ... Stable: findings and baselines name it.
  std::string name;
  Protocol protocol = Protocol::kEcho;

  // True if each log line that names a client's address is about the connection that the server
  // last called on. Lets the oracles recognise a line about the wrong client.
  bool log_names_client = false;

  // Listens on 127.0.0.1:`port` (host byte order) and serves until SIGTERM asks it to stop; a
  // target that installs no handler for SIGTERM never returns. An exception that leaves it stands
  // for the death of the server's process. Each call is a new server and shares no state with the
  // call before.
  std::function<void(uint16_t port)> serve;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_TARGET_H_
