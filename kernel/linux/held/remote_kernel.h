// The driver's end: a `Syscalls` whose calls are made in the server's process, while that is held
// in a call of its own.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_REMOTE_KERNEL_H_
#define HUPSTORM_KERNEL_LINUX_HELD_REMOTE_KERNEL_H_

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "kernel/linux/held/connection.h"
#include "kernel/syscalls.h"

namespace hupstorm::remote {

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

  // The driver's end of the socket of a new server; -1 for none. Not owned.
  void Attach(int socket) {
    line_ = Line(socket);
    answers_under_way_ = 0;
    gone_on_ = false;
    next_turn_.reset();
    telling_ = nullptr;
    memory_.frame().notes.Clear();
  }

  // Is asked what the server may do each time that it is let go. Without one it may note nothing.
  void set_guide(std::function<Freedom()> guide) { guide_ = std::move(guide); }

  // True while `top` is told of a call that the server has made already.
  bool is_telling() const { return telling_ != nullptr; }
  // Gives `call` the result of that call, for the kernel at the bottom of `top`, once. False if the
  // call that is being made has not been made yet.
  bool TakeTold(SystemCall& call);

  // Answers the server's calls with what `top` says, until its serve() returns. Throws ServerGone,
  // ServerThrew, and what `top` throws: then the server is held in that call for ever.
  void Serve(Syscalls& top);

  // The parts of Serve, for a driver of several servers. Waits for a call; false where serve() has
  // returned. Throws as Serve does.
  bool AwaitCall();
  // Answers the call that AwaitCall waited for.
  void Answer(Syscalls& top);

  // Runs the handlers of signals that wait for the server. It must be held in a call.
  void RunHandlers();

  HeapUse heap() const { return memory_.frame().heap; }

  // Makes a call in the server's process. Throws ServerGone.
  void Make(SystemCall& call) override { Order(call, Turn::kExecute); }

  // The same for the last system call that the server's own call needs, whose result is the
  // server's: it gets it at once and goes on, up to its next call, which then waits. Saves half of
  // the turns. No call can be made in the server any more until it makes one.
  void MakeAndGo(SystemCall& call) { Order(call, Turn::kExecuteAndGo); }
  // If the result is zero the server is still held.
  void MakeAndGoUnlessZero(SystemCall& call) { Order(call, Turn::kExecuteAndGoUnlessZero); }

 private:
  void Order(SystemCall& call, Turn how);
  void AwaitDone();
  Turn Next();
  void Guide();
  void TellOfNotes();

  SharedMemory& memory_;
  Line line_{-1};
  Syscalls* top_ = nullptr;
  int answers_under_way_ = 0;
  bool gone_on_ = false;           // the server did not wait for the answer to its call
  std::optional<Turn> next_turn_;  // and has given this turn since
  std::function<Freedom()> guide_;
  const SystemCall* telling_ = nullptr;
  bool told_ = false;  // its result has been taken
};

}  // namespace hupstorm::remote

#endif  // HUPSTORM_KERNEL_LINUX_HELD_REMOTE_KERNEL_H_
