// What the worlds on Linux need of the machine: a port, a processor.

#ifndef HUPSTORM_SCENARIOS_WORLDS_LOOPBACK_HOST_H_
#define HUPSTORM_SCENARIOS_WORLDS_LOOPBACK_HOST_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "kernel/linux/held/held_kernel.h"
#include "scenarios/language/scenario.h"

namespace hupstorm {

// A name that one process of this machine can have at a time; gone with the object, or the process.
class Claim {
 public:
  Claim() = default;
  // Throws std::system_error if no socket can be had.
  explicit Claim(const std::string& name);

  bool holds() const { return static_cast<bool>(socket_); }  // no other process had the name

 private:
  FileDescriptor socket_;
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

// Why a scenario has more clients than this process, or a server under the same limit, may have
// descriptors for; empty if it has not.
std::string_view WhyNoRoom(const Scenario& scenario);

// One processor for the calling process and its children, servers and clients alike: packets on
// loopback stay in order, and a turn costs no trip across processors. Takes the one that the fewest
// `users` have claimed, for as long as the claim is held.
[[nodiscard]] Claim BindToOneProcessor(std::string_view users = "world");

// Throws WorldFailed if the process whose end waitpid has told by `status` died of a fault in our
// own code, by which it was held: nothing that a server does is to have that effect.
void RequireServersFault(const HeldKernel& kernel, int status);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_LOOPBACK_HOST_H_
