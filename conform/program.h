// A program of system calls, as data: what the generator makes, both kernels run, and the shrinker
// takes apart.
//
// Descriptors are named by slots: a call that makes one says which slot it goes to, so that one
// program means the same on kernels that give out different numbers, and still means something when
// calls are taken out of it. A call on an empty slot is a call on a number that is not open.

#ifndef HUPSTORM_CONFORM_PROGRAM_H_
#define HUPSTORM_CONFORM_PROGRAM_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hupstorm::conform {

inline constexpr int kSlots = 32;
inline constexpr int8_t kNoSlot = -1;
inline constexpr int kMostWatched = 4;  // descriptors in one poll or select

enum class Code : uint8_t {
  // Make descriptors, in `made` (and `other` if there are two).
  kListener,  // socket, bind to the program's address and a free port, listen(size)
  kSocket,    // a TCP socket; flags: SOCK_NONBLOCK
  kAccept,    // accept4(slot, flags)
  kDup,       // dup(slot)
  kPipe,      // pipe2(flags): `made` reads, `other` writes
  kSocketpair,
  kEventfd,  // eventfd(value, flags)
  kTimerfd,  // timerfd_create(CLOCK_MONOTONIC, flags)
  kEpoll,    // epoll_create1(0)
  // Set up and tear down.
  kConnect,   // connect(slot, the address of the listener that was made in `other`)
  kListen,    // listen(slot, size)
  kShutdown,  // shutdown(slot, flags)
  kClose,
  kReset,  // SO_LINGER of zero, then close
  kDup3,   // dup3(slot, the number of `other`, flags)
  // Bytes: `size` of them, with `flags`. The vector forms use two parts.
  kSend,
  kWrite,
  kWritev,
  kSendmsg,
  kSendmmsg,  // the two parts are a message each
  kSendfile,  // from a file of the same bytes
  kRecv,
  kRead,
  kReadv,
  kRecvmsg,
  kRecvmmsg,
  kFill,   // sends until no more is taken
  kDrain,  // reads all that the other end has sent
  // Look and set.
  kSetOption,  // option number `flags` of Options() to `value`
  kGetOption,
  kSetNonBlocking,  // F_SETFL of O_NONBLOCK, on if value is 1
  kFlags,           // F_GETFL
  kUnread,          // FIONREAD
  kAtMark,          // SIOCATMARK
  kUnsent,          // SIOCOUTQ
  kOwnName,         // getsockname
  kPeerName,        // getpeername
  kSetTimer,        // timerfd_settime: value 0 disarms, 1 is in the past, 2 is an hour ahead
  kGetTimer,
  // Readiness. None of them waits.
  kEpollAdd,  // epoll_ctl(slot, `other`, events `flags`, data made from `value`)
  kEpollModify,
  kEpollDelete,
  kEpollWait,  // at most `size` events
  kPoll,
  kSelect,
};
inline constexpr int kCodes = static_cast<int>(Code::kSelect) + 1;

// The system call, or the name that texts use if it stands for several: "recv", "fill".
std::string_view CodeName(Code code);

constexpr bool IsSend(Code code) { return code >= Code::kSend && code <= Code::kSendfile; }
constexpr bool IsReceive(Code code) { return code >= Code::kRecv && code <= Code::kRecvmmsg; }
// Of those two.
constexpr bool TakesFlags(Code code) {
  return code == Code::kSend || code == Code::kSendmsg || code == Code::kSendmmsg ||
         code == Code::kRecv || code == Code::kRecvmsg || code == Code::kRecvmmsg;
}

struct Watched {
  int8_t slot = kNoSlot;
  uint16_t events = 0;  // poll's; for select POLLIN, POLLOUT and POLLPRI stand for the three sets
  friend bool operator==(const Watched&, const Watched&) = default;
};

struct Operation {
  Code code = Code::kClose;
  int8_t slot = kNoSlot;
  int8_t other = kNoSlot;
  int8_t made = kNoSlot;
  uint8_t watched_count = 0;
  int32_t size = 0;
  uint32_t flags = 0;
  int32_t value = 0;
  std::array<Watched, kMostWatched> watched = {};

  std::span<const Watched> all_watched() const { return {watched.data(), watched_count}; }
  friend bool operator==(const Operation&, const Operation&) = default;
};

struct Program {
  uint64_t seed = 0;
  uint64_t index = 0;
  // Some buffers get full: how much they take is Linux's to choose.
  bool fills_buffers = false;
  std::vector<Operation> operations;
};

// An option that programs set and look at.
struct Option {
  int level;
  int name;
  const char* level_name;
  const char* text;  // "SO_KEEPALIVE"
  bool settable;
};
const std::vector<Option>& Options();
// The place of an option in Options(); it must be there.
uint32_t OptionIndex(int level, int name);

// "listener0", "client3": a slot by what was put in it last before operation `before`.
std::string SlotName(const Program& program, int slot, size_t before);

// One operation as a line: `recv(client1, 100, MSG_PEEK)`.
std::string OperationText(const Program& program, size_t index);

}  // namespace hupstorm::conform

#endif  // HUPSTORM_CONFORM_PROGRAM_H_
