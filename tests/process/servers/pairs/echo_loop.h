// A correct echo server on one thread and poll. The servers of this folder change one thing of it,
// and have a twin with one bug: --bug. They are somebody else's programs to hupstorm, and use
// nothing of it.

#ifndef HUPSTORM_TESTS_PROCESS_SERVERS_PAIRS_ECHO_LOOP_H_
#define HUPSTORM_TESTS_PROCESS_SERVERS_PAIRS_ECHO_LOOP_H_

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "../echo_service.h"

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

inline bool HasBug(int argc, char** argv) {
  return argc == 3 && std::strcmp(argv[2], "--bug") == 0;
}

class EchoLoop {
 public:
  // Serves whoever connects to that listener.
  explicit EchoLoop(int listener) : listener_(listener) {}
  virtual ~EchoLoop() = default;

  [[noreturn]] void Run() {
    while (true) Round();
  }

 protected:
  struct Client {
    int fd = -1;
    std::string output;                      // answered, not sent
    size_t owed = 0;                         // received, to be answered later
    bool finished = false;                   // it will send no more
    Clock::time_point moved = Clock::now();  // when bytes went to or fro last
  };
  using Id = uint64_t;  // no number is given to two clients

  // What a server may do otherwise.
  virtual void OnClient(Id) {}
  virtual void OnInput(Id id, std::string_view bytes) { clients_[id].output += bytes; }
  virtual void OnExtra() {}               // extra_fd_ is readable
  virtual void OnRound() {}               // after each wait
  virtual int TimeoutMs() { return -1; }  // how long the next wait may take
  virtual int Wait(std::vector<pollfd>& watched, int timeout_ms) {
    return poll(watched.data(), watched.size(), timeout_ms);
  }
  virtual void OnError(Id id) { Close(id); }
  virtual void OnEnd(Id id) { clients_[id].finished = true; }

  // The answer to bytes that were owed. The client may be gone.
  void Answer(Id id, std::string_view bytes) {
    const auto client = clients_.find(id);
    if (client == clients_.end()) return;
    client->second.owed -= bytes.size();
    client->second.output += bytes;
    Serve(id, 0);
  }

  void Close(Id id) {
    close(clients_[id].fd);
    clients_.erase(id);
    paused_ = false;  // a descriptor is free
  }

  int extra_fd_ = -1;  // watched too
  std::map<Id, Client> clients_;

 private:
  static constexpr size_t kMost = 64 * 1024;  // held for one client
  static constexpr int kPauseMs = 100;        // before accept is tried again when it had no room

  static bool Reads(const Client& client) {
    return !client.finished && client.output.size() + client.owed < kMost;
  }

  void Round() {
    std::vector<pollfd> watched = {{paused_ ? -1 : listener_, POLLIN, 0}, {extra_fd_, POLLIN, 0}};
    std::vector<Id> ids;
    for (const auto& [id, client] : clients_) {
      const int events = (Reads(client) ? POLLIN : 0) | (client.output.empty() ? 0 : POLLOUT);
      watched.push_back({client.fd, static_cast<short>(events), 0});
      ids.push_back(id);
    }
    int timeout = TimeoutMs();
    if (paused_ && (timeout < 0 || timeout > kPauseMs)) timeout = kPauseMs;
    if (Wait(watched, timeout) < 0) {
      if (errno != EINTR) usleep(1000);  // no memory for now
      return;
    }
    const bool was_paused = paused_;
    for (size_t i = 0; i < ids.size(); ++i) {
      if (watched[i + 2].revents != 0) Serve(ids[i], watched[i + 2].revents);
    }
    if (watched[1].revents != 0) OnExtra();
    OnRound();
    if (watched[0].revents != 0) Accept();
    if (was_paused) paused_ = false;
  }

  void Accept() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      paused_ = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
      return;
    }
    const Id id = next_++;
    clients_[id].fd = fd;
    OnClient(id);
  }

  void Serve(Id id, int events) {
    const auto place = clients_.find(id);
    if (place == clients_.end()) return;
    Client& client = place->second;
    if ((events & (POLLERR | POLLHUP)) != 0) return OnError(id);
    if ((events & POLLIN) != 0) {
      char block[16 * 1024];
      const ssize_t count = recv(client.fd, block, sizeof block, 0);
      if (count < 0 && errno != EAGAIN && errno != EINTR) return OnError(id);
      if (count > 0) {
        client.moved = Clock::now();
        OnInput(id, {block, static_cast<size_t>(count)});
      }
      if (count == 0) OnEnd(id);
      if (!clients_.contains(id)) return;
    }
    if (!client.output.empty()) {
      const ssize_t count =
          send(client.fd, client.output.data(), client.output.size(), MSG_NOSIGNAL);
      if (count < 0 && errno != EAGAIN && errno != EINTR) return OnError(id);
      if (count > 0) {
        client.moved = Clock::now();
        client.output.erase(0, static_cast<size_t>(count));
      }
    }
    if (client.finished && client.output.empty() && client.owed == 0) Close(id);
  }

  const int listener_;
  bool paused_ = false;
  Id next_ = 1;
};

// As Listen of echo_service.h, but accept does not block.
inline int ListenNonBlocking(const char* port) {
  const int listener = Listen(port);
  if (listener < 0) std::exit(1);
  fcntl(listener, F_SETFL, O_NONBLOCK);
  return listener;
}

#endif  // HUPSTORM_TESTS_PROCESS_SERVERS_PAIRS_ECHO_LOOP_H_
