// Clients of an echo server on 127.0.0.1, all on one thread: each sends a message, awaits its echo,
// compares every byte, and sends the next.
//
// It knows nothing of the server. If several clients wait for the same server, a message's time
// is mostly that of the others before it: latencies compare servers under the same number of
// clients, not numbers of clients with one another.

#ifndef HUPSTORM_BENCH_LOAD_LOAD_GENERATOR_H_
#define HUPSTORM_BENCH_LOAD_LOAD_GENERATOR_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/file_descriptor.h"

namespace hupstorm {

// The server is not what it should be: it lost, changed or added bytes, closed a connection, or did
// not answer. what() says which.
class LoadError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct LoadSettings {
  uint16_t port = 0;
  int connections = 1;        // at once
  size_t message_bytes = 64;  // 1 to kMostMessageBytes
  // With no answer on any connection for so long the server counts as stuck.
  std::chrono::milliseconds patience{10'000};
};
inline constexpr size_t kMostMessageBytes = 1024 * 1024;

struct LoadResult {
  uint64_t count = 0;                // messages echoed, or connections served
  double seconds = 0;                // until the last of them
  double cpu_seconds = 0;            // of the calling thread
  std::vector<uint64_t> latency_ns;  // of each, as it ended
};
// The least of the numbers that `fraction` (0 to 1) of all do not exceed; 0 if there is none.
uint64_t Percentile(std::vector<uint64_t> numbers, double fraction);

class LoadGenerator {
 public:
  // Opens no connection yet. Throws LoadError if no epoll instance can be had.
  explicit LoadGenerator(const LoadSettings& settings);
  // Resets the connections, which leaves no TIME-WAIT behind.
  ~LoadGenerator();
  LoadGenerator(const LoadGenerator&) = delete;
  LoadGenerator& operator=(const LoadGenerator&) = delete;

  // Opens all connections, a few at a time, and has each echo one message, so that the server has
  // accepted all of them. Throws LoadError.
  void Connect();
  // After Connect: a message on each of the first `active` connections. On one processor
  // (OneProcessor) all are there before the server runs. Throws LoadError.
  void ExchangeOnce(int active) { ExchangeOnce(0, static_cast<size_t>(active)); }
  // After Connect: messages on all connections for `window`, and then until the last is echoed.
  // Throws LoadError.
  LoadResult ExchangeMessages(std::chrono::nanoseconds window);
  // Without Connect: connections that carry one message each and are then closed, for `window` or
  // until `most` have been opened. LoadResult counts connections, from connect to the echo. Throws
  // LoadError.
  LoadResult ExchangeConnections(std::chrono::nanoseconds window, uint64_t most);

 private:
  using Clock = std::chrono::steady_clock;

  struct Client {
    int fd = -1;
    uint32_t message = 0;  // how many were begun
    size_t sent = 0;
    size_t received = 0;
    bool busy = false;         // a message is under way
    bool awaits_room = false;  // it could not be sent at once
    Clock::time_point began;
  };

  void Open(size_t index);
  // On those from `first` to before `end`.
  void ExchangeOnce(size_t first, size_t end);
  void Begin(Client& client, size_t index, Clock::time_point now);
  void Send(Client& client, size_t index);
  // True when the message's last byte has come.
  bool Receive(Client& client, size_t index);
  void Watch(const Client& client, size_t index, int operation, bool for_room);
  const char* Bytes(const Client& client, size_t index) const;
  void CheckNothingMore();
  // Waits for events and calls on_echo(client, index, now) for each message echoed, until none is
  // under way.
  template <typename OnEcho>
  void Loop(OnEcho on_echo);
  template <typename Start>
  LoadResult Measure(Start start);

  const LoadSettings settings_;
  FileDescriptor epoll_;
  std::vector<char> pattern_;
  std::vector<char> buffer_;
  std::vector<Client> clients_;
  size_t busy_ = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_LOAD_LOAD_GENERATOR_H_
