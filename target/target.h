// A server under test, as the rest of hupstorm sees it: a name, a protocol, and one blocking call.
//
// This header and everything in target/ use POSIX and the C++ library only. A target knows nothing
// of the simulated kernel, of scenarios, or of the shim; the same object code runs as a real
// server.

#ifndef HUPSTORM_TARGET_TARGET_H_
#define HUPSTORM_TARGET_TARGET_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hupstorm {

// What a client may rely on getting back. The oracles judge a target's answers by this.
enum class Protocol : uint8_t {
  kEcho,    // every byte comes back, in order
  kAck,     // each successful read is answered with kAckAnswer
  kHttp,    // one full request is answered with kHttpResponse, then the server ends the connection
  kNone,    // nothing is known of the answers
  kExpect,  // each full request of an Exchange is answered with its response
};

// The answer of doc002/epoll-ack to each of its reads ("I have received your data!"), in UTF-8.
inline constexpr char kAckAnswer[] = "我已经收到你的数据了!\n";

// The response of doc003/epoll-http, whole.
inline constexpr char kHttpResponse[] =
    "HTTP/1.0 200 OK\r\nDate: Mon, 1 Jan 1996 01:01:01 GMT\r\n"
    "Content-Type: text/plain\r\nContent-Length: 13\r\n\r\n"
    "Hello, world!";

// For kExpect: a request, and the response that it must get.
struct Exchange {
  std::string request;  // at least one byte
  // What the server sends: these strings in this order, and where `after_any` is set, any bytes
  // before the first place at which the string begins.
  struct Part {
    std::string literal;  // at least one byte
    bool after_any = false;
  };
  std::vector<Part> response;       // at least one
  std::vector<Part> greeting = {};  // to each client that connects, before it has said anything
  bool open_end = false;  // any bytes follow, up to the connection's end; only with `close`
  // The server ends the connection after one response. Otherwise a client sends requests one after
  // another, without waiting, and each is answered.
  bool close = false;
};

struct Target {
  // "reference/epoll-lt", "doc001/select", ... Stable: findings and baselines name it.
  std::string name;
  Protocol protocol = Protocol::kEcho;

  // A program that is not ours. It may word its answers as it likes: for kAck anything is an
  // answer, and at least one must come; for kHttp any whole HTTP/1.x response is one.
  bool third_party = false;

  // Meant to survive what few servers are written for: select or poll without memory, and a limit
  // of descriptors below what is open.
  bool hardened = false;

  // kExpect only, and there never null.
  std::shared_ptr<const Exchange> exchange = nullptr;

  // The most bytes that the server may hold for one client that does not take them; the lower it
  // is, the sooner a queue without bounds shows. By default it is not known: a server that holds so
  // many bytes is looked at, and it is a bug only if it then holds ever more.
  static constexpr uint64_t kUnknownBound = 512 * 1024;
  uint64_t queue_bound = kUnknownBound;

  // True if each log line that names a client's address is about the connection that the server
  // last called on. Lets the oracles recognise a line about the wrong client.
  bool log_names_client = false;

  // Parts of the paths of source files that are a library's to the server: who calls them is to
  // blame, not they.
  std::vector<std::string> libraries = {};

  // Listens on 127.0.0.1:`port` (host byte order) and serves until SIGTERM asks it to stop; a
  // target that installs no handler for SIGTERM never returns. An exception that leaves it stands
  // for the death of the server's process. Each call is a new server and shares no state with the
  // call before.
  std::function<void(uint16_t port)> serve;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_TARGET_H_
