// Carries out fault rules, on either kernel. A rule never makes up a state: a reset is a real reset
// of the connection, a lost connection is really taken and closed, and a rule that matches a call
// to which Linux could not do this leaves the call alone and waits for the next.
//
// Edges. Linux owes an edge-triggered watcher an event once what stood in its way is gone. A send
// that comes back short or with EAGAIN always leaves SOCK_NOSPACE set, so EPOLLOUT follows as soon
// as there is room; and epoll(7) lets a server take a recv that returns less than it asked for as
// the end of what there was, so that bytes which come after it are an edge of their own. So if a
// rule cuts a call short or answers EAGAIN, the descriptor's registrations are renewed, which makes
// epoll report anew what is ready.
//
// Liveness. Linux does not interrupt or refuse calls for ever. After three calls in a row that a
// rule answered with EINTR or EAGAIN, or waits with ENOMEM, it lets one pass, however large `times`
// is.

#ifndef HUPSTORM_KERNEL_FAULTS_FAULT_INJECTOR_H_
#define HUPSTORM_KERNEL_FAULTS_FAULT_INJECTOR_H_

#include <cstdint>
#include <vector>

#include "kernel/faults/fault_rule.h"
#include "kernel/faults/watch_table.h"
#include "kernel/syscalls_layer.h"

namespace hupstorm {

// The key of a descriptor that is no connection of a client.
inline constexpr int64_t kNoConnection = -2;

// What an injector asks of the world it runs in.
class FaultWorld {
 public:
  virtual ~FaultWorld() = default;
  // The key of the connection behind the server's descriptor `fd`, as rules name it; kNoConnection
  // for none. Rules for recv and send never touch what is no connection: a log, an eventfd, a pipe.
  virtual int64_t ConnectionOf(int fd) = 0;
  // The peer of `fd` resets the connection, having half-closed it first if `fin_first`. Returns
  // when that has taken effect in the kernel.
  virtual void ResetPeerOf(int fd, bool fin_first) = 0;
  // A connection was taken from the accept queue and lost (ECONNABORTED); `fd` is about to close.
  virtual void OnAborted(int fd) = 0;
};

// Which calls a rule matches, by its family:
//   recv, send  on the rule's connection, or on any
//   accept      on a listening socket; a rule for one connection matches if ConnectionOf names
//               it for the listener
//   epoll_ctl   EPOLL_CTL_ADD of the rule's connection, or of any descriptor
//   wait        all, unless the rule names a connection
class FaultInjector final : public SyscallsLayer {
 public:
  FaultInjector(Syscalls& inner, FaultWorld& world) : SyscallsLayer(inner), world_(world) {}

  // Puts a rule in force. Later rules are asked first. Aborts if !IsLegal, and for "short 0".
  void Add(const FaultRule& rule);
  void Clear();  // lifts every rule; what is known of descriptors stays
  void Reset();  // forgets everything
  bool HasRules() const { return !rules_.empty(); }
  uint64_t injected() const { return injected_; }  // faults carried out since Reset
  // Of these, the ones that made a call fail for the moment only, EAGAIN, EINTR and a wait's
  // ENOMEM: a server is right to be woken and to try again.
  uint64_t passing() const { return passing_; }
  // Whether a rule on any connection could do `outcome` to `call`, which the server is about to
  // make; for kShort, with an amount of 1. What shows when the call is made is not looked at:
  // whether it sleeps, finds a client or the connection's end, or fails by itself. Changes nothing.
  bool CouldHarm(FaultOutcome outcome, const SystemCall& call);

 protected:
  bool Enter(SystemCall& call) override;
  void Leave(SystemCall& call) override;

 private:
  struct ActiveRule {
    FaultRule rule;
    uint32_t seen = 0;    // matching calls so far
    uint32_t spent = 0;   // calls harmed so far
    uint32_t streak = 0;  // of these, in a row up to the last matching call
  };
  enum class Verdict : uint8_t {
    kLeftAlone,  // Linux could not do this to the call, which goes on as if there were no rule
    kHarmed,     // and goes on to the inner kernel
    kAnswered,   // harmed; the call holds the answer
    kPassedOn,   // carried out already, unharmed; the call holds the kernel's own answer
  };

  bool Matches(const FaultRule& rule, const SystemCall& call);
  bool MustPass(const ActiveRule& active) const;
  Verdict Apply(const FaultRule& rule, SystemCall& call);
  Verdict CutShort(const FaultRule& rule, SystemCall& call);
  Verdict Interrupt(SystemCall& call);
  Verdict InterruptWait(SystemCall& call);
  Verdict StarveWait(SystemCall& call);
  Verdict FailWait(int error, SystemCall& call);
  Verdict InterruptAccept(SystemCall& call);
  Verdict InterruptTransfer(SystemCall& call);
  Verdict RefuseForNow(SystemCall& call);
  Verdict AbortConnection(SystemCall& call);
  Verdict FailRegistration(int error, SystemCall& call);
  static Verdict Answer(SystemCall& call, int error);

  // What Linux asks of a call before it can do this to it.
  bool CanCutShort(uint32_t amount, const SystemCall& call);
  bool CanInterruptWait(const SystemCall& call) const;
  static bool CanStarveWait(const SystemCall& call);
  bool CanInterrupt(const SystemCall& call);
  bool CanRefuse(const SystemCall& call);
  static bool CanAbort(const SystemCall& call);

  bool IsListening(int fd);
  bool IsNonBlocking(const SystemCall& call);
  int ReadyNow(int fd, short events);
  void TransferWithoutSleeping(SystemCall& call);
  void RaiseEdges(const SystemCall& call);
  void LearnHandler(const SystemCall& call);

  FaultWorld& world_;
  std::vector<ActiveRule> rules_;
  WatchTable watches_;
  const SystemCall* cut_ = nullptr;  // the call under way that was cut short
  uint32_t cut_to_ = 0;              // bytes
  uint64_t handled_ = 0;             // signals with a handler, by number - 1
  uint64_t interrupting_ = 0;        // of these, without SA_RESTART
  uint64_t injected_ = 0;
  uint64_t passing_ = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_FAULTS_FAULT_INJECTOR_H_
