// The listening socket, and what to do when accept fails.

#ifndef HUPSTORM_TARGET_REFERENCE_LISTENER_H_
#define HUPSTORM_TARGET_REFERENCE_LISTENER_H_

#include <chrono>
#include <cstdint>
#include <string>

#include "target/reference/unique_fd.h"

namespace hupstorm {

// Where descriptors or memory run out, connections stay in the queue, for which a level-triggered
// wait would be ready all the time. So the listener pauses: it is not to be watched, and is tried
// again when a descriptor has been closed, or after a while, as others may have closed theirs.
class Listener {
 public:
  // Listens on a numeric IPv4 address. Port 0 has the kernel choose one. Throws std::system_error
  // if the address is in use or not to be had, std::invalid_argument if it is none.
  Listener(const std::string& address, uint16_t port);

  int fd() const { return socket_.get(); }
  uint16_t port() const { return port_; }

  void NoteReady() { ready_ = true; }
  // True if Accept is worth a call.
  bool has_work() const { return ready_ && !paused_; }
  bool paused() const { return paused_; }

  // The next connection, non-blocking; nothing if there is none or it cannot be had, has_work()
  // tells which. Throws std::system_error if accept will never work again.
  UniqueFd Accept();

  // A descriptor has been closed: there is room again.
  void Resume() { paused_ = false; }
  // While paused: milliseconds until the next try is due, rounded up. At 0 it resumes by itself.
  int CountDown();

 private:
  using Clock = std::chrono::steady_clock;

  void Pause();

  UniqueFd socket_;
  uint16_t port_;
  bool ready_ = false;
  bool paused_ = false;
  Clock::time_point retry_at_;
  std::chrono::milliseconds patience_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_REFERENCE_LISTENER_H_
