// The driver's end: a `Syscalls` whose calls are made in the server's process, while that is held
// in a call of its own.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_REMOTE_KERNEL_H_
#define HUPSTORM_KERNEL_LINUX_HELD_REMOTE_KERNEL_H_

#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>

#include "kernel/linux/held/connection.h"
#include "kernel/syscalls.h"

namespace hupstorm::held {

// The server's process has ended in the middle of something.
class ServerGone : public std::exception {
 public:
  const char* what() const noexcept override { return "the server's process has ended"; }
};

// What left the server's serve().
class ServerThrew : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class RemoteKernel final : public Syscalls {
 public:
  // `memory` must outlive the kernel.
  explicit RemoteKernel(SharedMemory& memory) : memory_(memory) {}

  // A new server: the driver's end of its socket, which is not owned, and what answers its calls.
  void Attach(int socket, Syscalls& top);

  // `freedom` is asked, each time the server goes on, what it may do by itself. Without it:
  // nothing.
  void set_freedom(std::function<Freedom()> freedom) { freedom_ = std::move(freedom); }

  // Waits for the server's next call. False if its serve() has returned. Throws ServerGone and
  // ServerThrew, and what `top` throws as it hears of calls that the server made by itself.
  bool AwaitCall();
  // Answers that call with what `top` says. Throws ServerGone, and what `top` throws: then the
  // server is held in the call for ever.
  void Answer();

  // True while `top` hears of a call that the server has made by itself.
  bool is_replaying() const { return replayed_ != nullptr; }
  // Gives `call` the result of that call, for the kernel at the bottom of `top`, once. False if the
  // call that is being made has not been made yet.
  bool TakeReplayed(SystemCall& call);

  // Runs the handlers of signals that wait for the server. It must be held in a call.
  void RunHandlers();

  // Has the process's sleepers woken whose time is over. The server must be held in a call.
  void WakeSleepers(int64_t now_ns);

  HeapUse heap() const { return memory_.frame().heap; }
  // On which the server makes its call, if Frame::wants_stacks.
  const StackWalk& stack() const { return memory_.frame().stack; }

  // Makes a call in the server's process, which stays held. Throws ServerGone.
  void Make(SystemCall& call) override { Execute(call, Turn::kExecute); }
  // The same. `how`:
  //  - kExecute: the server stays held.
  //  - kExecuteAndGo, for the last system call that the server's own call needs, whose result is
  //    the server's: it gets it at once and goes on, up to its next call, which then waits. Saves
  //    half of the turns. No call can be made in the server any more until it makes one.
  //  - kExecuteAndGoUnlessZero: the same, but if the result is zero the server stays held.
  void Execute(SystemCall& call, Turn how);

 private:
  Turn Next();
  void GrantFreedom();
  void ReplayNotes();

  SharedMemory& memory_;
  Line line_{-1};
  Syscalls* top_ = nullptr;
  int answers_under_way_ = 0;
  std::optional<Turn> next_turn_;  // that the server has given while its call was being answered
  std::function<Freedom()> freedom_;
  const SystemCall* replayed_ = nullptr;
  bool replayed_taken_ = false;
};

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_REMOTE_KERNEL_H_
