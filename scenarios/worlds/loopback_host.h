// What the worlds that run servers on Linux want of the machine.

#ifndef HUPSTORM_SCENARIOS_WORLDS_LOOPBACK_HOST_H_
#define HUPSTORM_SCENARIOS_WORLDS_LOOPBACK_HOST_H_

#include <sys/resource.h>

#include <cstdint>

namespace hupstorm {

// Hands out ports of 127.0.0.1 that are free.
class PortChooser {
 public:
  PortChooser();
  // One that nobody has bound, and that no client of anybody's takes by itself between this look
  // and the server's own: below ip_local_port_range. Throws std::system_error where none is left.
  uint16_t Choose();

 private:
  uint16_t next_;
};

// One processor for the calling process and its children, servers and clients alike: packets on
// loopback stay in order, and a turn costs no trip across processors.
void BindToOneProcessor();

// Raises RLIMIT_NOFILE as far as it may, for storms of clients; returns what it was.
rlimit RaiseDescriptorLimit();

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_LOOPBACK_HOST_H_
