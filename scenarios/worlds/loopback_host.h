// What the worlds on Linux need of the machine: a port, a processor.

#ifndef HUPSTORM_SCENARIOS_WORLDS_LOOPBACK_HOST_H_
#define HUPSTORM_SCENARIOS_WORLDS_LOOPBACK_HOST_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace hupstorm {

// A name that one process of this machine can have at a time; gone with the object, or the process.
class Claim {
 public:
  Claim() = default;
  // Throws std::system_error if no socket can be had.
  explicit Claim(const std::string& name);
  ~Claim();
  Claim(Claim&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  Claim& operator=(Claim&& other) noexcept {
    std::swap(socket_, other.socket_);
    return *this;
  }

  bool holds() const { return socket_ >= 0; }  // no other process had the name

 private:
  int socket_ = -1;
};

// Hands out ports of 127.0.0.1 that are free.
class PortChooser {
 public:
  PortChooser();
  // One that is not bound, and that Linux gives no client by itself between this look
  // and the server's own: below ip_local_port_range. No other hupstorm takes it before the next
  // call of this. Throws std::system_error if none is left.
  uint16_t Choose();

 private:
  uint16_t next_;
  Claim claim_;
};

// One processor for the calling process and its children, servers and clients alike: packets on
// loopback stay in order, and a turn costs no trip across processors. Takes the one that the fewest
// `users` have claimed, for as long as the claim is held.
[[nodiscard]] Claim BindToOneProcessor(std::string_view users = "world");

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_LOOPBACK_HOST_H_
