// A server fuzzed as people do it without hupstorm: the reference in a thread, on a real loopback
// socket, and each input's client steps carried out with plain sockets. No simulation, no oracles;
// the mutator is ours, so that the inputs are like those of our targets. The server serves all of
// them, as to start one for each would only be slower.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "scenarios/language/bytes.h"
#include "scenarios/mutator/fuzzed_protocol.h"
#include "scenarios/mutator/work_limit.h"
#include "target/reference/echo_server.h"
#include "target/reference/posix_error.h"
#include "target/reference/stop_signal.h"
#include "target/reference/unique_fd.h"

namespace {

using namespace hupstorm;

uint16_t StartServer() {
  signal(SIGPIPE, SIG_IGN);
  static const StopSignal stop;
  static EchoServer server({.multiplexer = MultiplexerKind::kEpollLevel}, stop);
  std::thread([] { server.Run(); }).detach();
  return server.port();
}

class PlainClients {
 public:
  explicit PlainClients(uint16_t port) : port_(port) {}

  void Do(const Step& step) {
    for (uint32_t i = step.clients.first; i <= step.clients.last; ++i) {
      DoOne(step, {step.clients.letter, i});
    }
  }

  // Who is left reads to the end: an input is over when the server is done with it.
  void Finish() {
    for (auto& [name, socket] : sockets_) {
      shutdown(socket.get(), SHUT_WR);
      while (recv(socket.get(), buffer_.data(), buffer_.size(), 0) > 0) continue;
    }
  }

 private:
  using Name = std::pair<char, uint32_t>;

  void DoOne(const Step& step, Name name) {
    if (step.action == Action::kConnect) {
      sockets_.erase(name);
      if (UniqueFd socket = Connect()) sockets_.emplace(name, std::move(socket));
      return;
    }
    const auto found = sockets_.find(name);
    if (found == sockets_.end()) return;
    const int fd = found->second.get();
    switch (step.action) {
      case Action::kSend:
      case Action::kRequest:
        Send(fd, std::string(step.amount, name.first), 0);
        break;
      case Action::kSendText:
        Send(fd, step.text, 0);
        break;
      case Action::kSendUrgent:
        Send(fd, "!", MSG_OOB);
        break;
      case Action::kShutdownWrite:
        shutdown(fd, SHUT_WR);
        break;
      case Action::kRead:
      case Action::kReadAll:
        while (recv(fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT) > 0) continue;
        break;
      case Action::kReset: {
        const linger at_once = {.l_onoff = 1, .l_linger = 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        [[fallthrough]];
      }
      case Action::kClose:
        sockets_.erase(found);
        break;
      default:
        break;
    }
  }

  // Nothing where there are no descriptors left.
  UniqueFd Connect() const {
    UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) return socket;
    const timeval patience = {.tv_sec = 1, .tv_usec = 0};
    setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    sockaddr_in name = {};
    name.sin_family = AF_INET;
    name.sin_port = htons(port_);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    Must(connect(socket.get(), reinterpret_cast<sockaddr*>(&name), sizeof(name)), "connect");
    return socket;
  }

  static void Send(int fd, const std::string& bytes, int flags) {
    // What does not fit is given up: nobody may be there to read it.
    send(fd, bytes.data(), bytes.size(), flags | MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  const uint16_t port_;
  std::map<Name, UniqueFd> sockets_;
  std::array<char, 64 * 1024> buffer_;
};

}  // namespace

hupstorm::Protocol hupstorm::FuzzedProtocol() { return Protocol::kEcho; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const uint16_t port = StartServer();
  static Scenario scenario;
  DecodeScenario({data, size}, scenario);
  if (!IsAffordable(scenario)) return 0;
  PlainClients clients(port);
  for (const Step& step : scenario.steps) {
    if (IsClientAction(step.action)) clients.Do(step);
  }
  clients.Finish();
  return 0;
}
