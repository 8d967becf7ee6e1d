#include "conform/differences.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>

namespace hupstorm::conform {
namespace {

// Registrations are numbered by slot in their last two digits.
int SlotOf(const Seen& seen, Code code) {
  return static_cast<int>(code == Code::kEpollWait ? seen.data % 100 : seen.data);
}

bool IsEpoll(const Program& program, int slot) {
  return std::any_of(program.operations.begin(), program.operations.end(),
                     [slot](const Operation& operation) {
                       return operation.code == Code::kEpoll && operation.made == slot;
                     });
}

std::vector<Seen> ComparableEvents(const Disagreement& it, const Outcome& outcome) {
  const Code code = it.program.operations[it.operation].code;
  std::vector<Seen> events;
  for (const Seen& seen : outcome.events) {
    const int slot = SlotOf(seen, code);
    if (slot < 0 || slot >= kSlots || IsEpoll(it.program, slot)) continue;
    const Uncertain& uncertain = it.uncertain[slot];
    // An edge of room, or of more bytes, brings whatever else is ready with it.
    if (code == Code::kEpollWait && uncertain.edges) continue;
    const uint32_t left = Comparable(seen.events, slot, it.uncertain);
    if (left != 0) events.push_back({seen.data, left});
  }
  std::sort(events.begin(), events.end(),
            [](const Seen& a, const Seen& b) { return a.data < b.data; });
  return events;
}

// Took something, or would have had to wait.
bool SentOrWaits(const Outcome& outcome) { return outcome.result >= 0 || outcome.error == EAGAIN; }

bool IsFullBuffer(const Disagreement& it) {
  if (!it.program.fills_buffers) return false;
  const Operation& op = it.program.operations[it.operation];
  const Uncertain uncertain = op.slot == kNoSlot ? Uncertain() : it.uncertain[op.slot];
  if (uncertain.calls == Uncertain::Calls::kForGood) return true;
  if (uncertain.calls == Uncertain::Calls::kUntilDrained && op.code != Code::kDrain) return true;
  if (IsSend(op.code)) {
    return uncertain.filled && SentOrWaits(it.simulated) && SentOrWaits(it.host);
  }
  if (IsReceive(op.code)) {
    // Each kernel's stream is as long as what its buffers took.
    Outcome simulated = it.simulated;
    simulated.bytes = it.host.bytes;
    return it.host.in_order && simulated == it.host;
  }
  const bool waits =
      op.code == Code::kEpollWait || op.code == Code::kPoll || op.code == Code::kSelect;
  return waits && it.simulated.result >= 0 && it.host.result >= 0 &&
         ComparableEvents(it, it.simulated) == ComparableEvents(it, it.host);
}

bool IsAutotuned(const Disagreement& it) {
  const Operation& op = it.program.operations[it.operation];
  if (op.code != Code::kGetOption) return false;
  const Option& option = Options()[op.flags];
  if (option.level != SOL_SOCKET || (option.name != SO_SNDBUF && option.name != SO_RCVBUF)) {
    return false;
  }
  bool set = false;
  for (size_t i = 0; i < it.operation; ++i) {
    const Operation& former = it.program.operations[i];
    const bool sets = former.code == Code::kSetOption && former.flags == op.flags;
    if (sets && former.slot == op.slot) set = true;
    if (former.code == Code::kDup3 && former.other == op.slot) set = false;  // another socket now
  }
  if (set) return false;
  return it.simulated.result == 0 && it.host.result == 0;
}

bool IsUnixUnsent(const Disagreement& it) {
  return it.program.operations[it.operation].code == Code::kUnsent &&
         it.made_by == Code::kSocketpair && it.simulated.result == 0 && it.host.result == 0 &&
         (it.simulated.values[0] == 0) == (it.host.values[0] == 0);
}

bool IsWindowOfTheDisconnected(const Disagreement& it) {
  constexpr int64_t kDisconnected = 2;       // what the simulation counts
  constexpr int64_t kSmallestWindow = 1024;  // that programs without full buffers have
  return it.program.operations[it.operation].code == Code::kUnsent && it.made_by == Code::kSocket &&
         it.simulated.result == 0 && it.host.result == 0 &&
         it.simulated.values[0] >= kDisconnected &&
         it.host.values[0] - it.simulated.values[0] >= kSmallestWindow;
}

constexpr DeclaredDifference kDeclared[] = {
    {"full-buffer",
     "How many bytes a full buffer takes, and when there is room again before the other end has "
     "read all, is Linux's to choose. Order, errors and that all arrives are compared.",
     IsFullBuffer},
    {"autotuned-buffers",
     "Linux fits SO_SNDBUF and SO_RCVBUF to the connection until a program sets them; the "
     "simulation keeps its own defaults.",
     IsAutotuned},
    {"unix-unsent",
     "SIOCOUTQ of a socketpair tells of the memory that Linux uses for the bytes, and in the "
     "simulation of the bytes.",
     IsUnixUnsent},
    {"disconnected-unsent",
     "SIOCOUTQ of a socket whose connection failed before connect told of it counts, on Linux, the "
     "largest window that the other end has announced. The simulation knows no such window.",
     IsWindowOfTheDisconnected},
    {"no-delay",
     "The simulation acknowledges at once. Programs set TCP_NODELAY, and acknowledgments that "
     "Linux "
     "delays are called for.",
     nullptr},
    {"more-to-come",
     "What MSG_MORE holds back goes on Linux with the next segment that takes the slow path "
     "through "
     "TCP's input, which depends on its memory too. Programs use TCP_CORK instead.",
     nullptr},
    {"no-sleep",
     "No call waits: close with SO_LINGER of more than zero is left out, and a program ends at a "
     "call that would sleep in the simulation.",
     nullptr},
    {"unix-urgent", "The simulation has no urgent data on AF_UNIX: such calls are left out.",
     nullptr},
};

}  // namespace

std::span<const DeclaredDifference> DeclaredDifferences() { return kDeclared; }

const DeclaredDifference* FindDeclared(const Disagreement& disagreement) {
  for (const DeclaredDifference& declared : kDeclared) {
    if (declared.accounts_for != nullptr && declared.accounts_for(disagreement)) return &declared;
  }
  return nullptr;
}

}  // namespace hupstorm::conform
