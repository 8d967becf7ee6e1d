#include "target/canary/canary.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <map>
#include <span>
#include <utility>

#include "target/reference/listener.h"
#include "target/reference/output_buffer.h"
#include "target/reference/posix_error.h"
#include "target/reference/stop_signal.h"
#include "target/reference/unique_fd.h"

namespace hupstorm {
namespace {

constexpr size_t kMostOutput = 64 * 1024;  // held for a client that does not read
constexpr int kAcceptsPerRound = 64;

bool IsTransient(int error) { return error == EAGAIN || error == EINTR; }

struct Client {
  explicit Client(UniqueFd fd) : socket(std::move(fd)) {}

  UniqueFd socket;
  OutputBuffer output;
  uint32_t watched = EPOLLIN;
  bool ended = false;  // no more input comes

  // How far it is on its way into the defect.
  enum class Way { kNone, kInterrupted, kOvertaken } way = Way::kNone;
};

class CanaryServer {
 public:
  CanaryServer(uint16_t port, const StopSignal& stop)
      : stop_(stop),
        listener_("127.0.0.1", port),
        epoll_(Must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
    Must(Control(EPOLL_CTL_ADD, stop_.fd(), EPOLLIN), "epoll_ctl");
    Must(Control(EPOLL_CTL_ADD, listener_.fd(), EPOLLIN), "epoll_ctl");
  }

  // Within a round no client is accepted before all events have been looked at: a descriptor that
  // is closed in it has no second event there.
  void Run() {
    while (!stopping_) {
      for (const epoll_event& event : Wait()) OnEvent(event.data.fd, event.events);
      AcceptNewClients();
    }
  }

 private:
  std::span<const epoll_event> Wait() {
    int timeout_ms = listener_.has_work() ? 0 : -1;
    if (listener_.paused()) timeout_ms = listener_.CountDown();
    const int count =
        epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), timeout_ms);
    if (count >= 0) return std::span(events_).first(static_cast<size_t>(count));
    if (errno != EINTR) ThrowErrno("epoll_wait");
    OnInterrupted();
    return {};
  }

  void OnInterrupted() {
    for (auto& [fd, client] : clients_) {
      if (client.ended && client.way == Client::Way::kNone) client.way = Client::Way::kInterrupted;
    }
  }

  // There is input of another client.
  void OnInput() {
    for (auto& [fd, client] : clients_) {
      if (client.way == Client::Way::kInterrupted) client.way = Client::Way::kOvertaken;
    }
  }

  void OnEvent(int fd, uint32_t events) {
    if (fd == listener_.fd()) {
      listener_.NoteReady();
    } else if (fd == stop_.fd()) {
      stopping_ = stop_.Take();
    } else if (!Serve(clients_.at(fd), events)) {
      clients_.erase(fd);
      listener_.Resume();
    }
  }

  // False when the client is over.
  bool Serve(Client& client, uint32_t events) {
    if (!client.output.empty() && (events & ~EPOLLIN) != 0 && !Flush(client)) return false;
    const bool has_room = client.output.size() < kMostOutput;
    if (!client.ended && has_room && (events & ~EPOLLOUT) != 0 && !Receive(client)) return false;
    return (!client.ended || !client.output.empty()) && UpdateWatch(client);
  }

  bool Receive(Client& client) {
    const ssize_t count = recv(client.socket.get(), scratch_.data(), scratch_.size(), 0);
    if (count < 0) return IsTransient(errno);
    if (count == 0) {
      client.ended = true;
      return true;
    }
    OnInput();
    const bool was_empty = client.output.empty();
    client.output.Append(std::span(scratch_).first(static_cast<size_t>(count)));
    return !was_empty || Flush(client);
  }

  bool Flush(Client& client) {
    const std::span<const char> bytes = client.output.bytes();
    const ssize_t count = send(client.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0) return IsTransient(errno);
    const auto sent = static_cast<size_t>(count);
    // The planted defect: what is left is dropped.
    if (client.way == Client::Way::kOvertaken && sent < bytes.size()) return false;
    client.output.RemoveFront(sent);
    return true;
  }

  bool UpdateWatch(Client& client) {
    uint32_t wanted = 0;
    if (!client.ended && client.output.size() < kMostOutput) wanted |= EPOLLIN;
    if (!client.output.empty()) wanted |= EPOLLOUT;
    if (wanted == client.watched) return true;
    client.watched = wanted;
    return Control(EPOLL_CTL_MOD, client.socket.get(), wanted) == 0;
  }

  void AcceptNewClients() {
    for (int tries = 0; listener_.has_work() && tries < kAcceptsPerRound; ++tries) {
      UniqueFd socket = listener_.Accept();
      const int fd = socket.get();
      // Where epoll has no room the client is turned away.
      if (socket && Control(EPOLL_CTL_ADD, fd, EPOLLIN) == 0) {
        clients_.try_emplace(fd, std::move(socket));
      }
    }
    // While there is no descriptor to accept with, connections that wait must not wake the server.
    const uint32_t wanted = listener_.paused() ? 0u : EPOLLIN;
    if (wanted != listener_watched_ && Control(EPOLL_CTL_MOD, listener_.fd(), wanted) == 0) {
      listener_watched_ = wanted;
    }
  }

  int Control(int operation, int fd, uint32_t events) {
    epoll_event event = {.events = events, .data = {.u64 = static_cast<uint64_t>(fd)}};
    return epoll_ctl(epoll_.get(), operation, fd, &event);
  }

  const StopSignal& stop_;
  bool stopping_ = false;
  Listener listener_;
  uint32_t listener_watched_ = EPOLLIN;
  UniqueFd epoll_;
  std::map<int, Client> clients_;
  std::array<epoll_event, 64> events_;
  std::array<char, 16 * 1024> scratch_;
};

void ServeUntilSigterm(uint16_t port) {
  const StopSignal stop;
  const StopOnSignal on_sigterm(SIGTERM, stop);
  CanaryServer(port, stop).Run();
}

}  // namespace

Target CanaryTarget() {
  return {.name = "canary",
          .protocol = Protocol::kEcho,
          .queue_bound = 128 * 1024,
          .serve = ServeUntilSigterm};
}

}  // namespace hupstorm
