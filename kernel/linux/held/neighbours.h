// The processes beside a server that it has connections to: a proxy's backend, a database. Nobody
// holds them, so a server that sleeps may be about to get something from them.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_NEIGHBOURS_H_
#define HUPSTORM_KERNEL_LINUX_HELD_NEIGHBOURS_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "kernel/linux/held/sleep_meter.h"
#include "kernel/linux/sight/socket_diag.h"

namespace hupstorm::held {

// kSinceNow: the server may have got something since they were quiet last.
enum class Quiet : uint8_t { kNotYet, kSinceNow, kSinceLong };
// How long a handshake may stand still: if a queue was full, TCP sends its segment again after one
// second and after two more (TCP_TIMEOUT_INIT).
inline constexpr std::chrono::milliseconds kHandshakeSilence{2200};

class Neighbours {
 public:
  // Quiet: nothing is on its way between the server, whose processes are `server`, and others, to
  // the clients of `port` apart: no bytes are queued at either end, or they have been for long; the
  // other end's process, if it is to be seen, sleeps; and it has slept for a while since anything
  // moved, as it may answer by a timer. TCP and AF_UNIX. Takes some milliseconds. Throws
  // std::system_error.
  Quiet Look(std::span<const pid_t> server, uint16_t port, sight::SocketDiag& diag);

 private:
  // A connection to somebody else, as both ends stand.
  struct Link {
    uint64_t remote_inode = 0;  // 0 if it is on another machine, or nobody has accepted it yet
    bool is_being_made = false;
    bool is_pending = false;  // something is queued, or nobody has accepted it yet
  };

  void AddTcp(const std::set<uint64_t>& own, uint16_t port, sight::SocketDiag& diag);
  void AddUnix(const std::set<uint64_t>& own, sight::SocketDiag& diag);
  const std::vector<pid_t>& HoldersOf(uint64_t inode);

  std::vector<Link> links_;
  std::vector<uint64_t> facts_;  // of all links: what changes if anything moves
  std::vector<uint64_t> last_facts_;
  std::vector<uint64_t> quiet_facts_;  // with which they were quiet
  SleepMeter slept_;                   // since the facts have changed
  std::map<uint64_t, std::vector<pid_t>> holders_;
};

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_NEIGHBOURS_H_
