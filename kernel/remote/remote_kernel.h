// The driver's end: a `Syscalls` whose calls are made in the server's process, while that is held
// in a call of its own.

#ifndef HUPSTORM_KERNEL_REMOTE_REMOTE_KERNEL_H_
#define HUPSTORM_KERNEL_REMOTE_REMOTE_KERNEL_H_

#include <stdexcept>
#include <string>

#include "kernel/remote/connection.h"
#include "kernel/remote/raw_syscalls.h"

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

class RemoteKernel final : public RawSyscalls<Syscalls> {
 public:
  // `memory` must outlive the kernel.
  explicit RemoteKernel(SharedMemory& memory) : memory_(memory) {}

  // The driver's end of the socket of a new server; -1 for none. Not owned.
  void Attach(int socket) { line_ = Line(socket); }

  // Answers the server's calls with what `top` says, until its serve() returns. Throws ServerGone,
  // ServerThrew, and what `top` throws: then the server is held in that call for ever.
  void Serve(Syscalls& top);

  // Runs the handlers of signals that wait for the server. It must be held in a call.
  void RunHandlers();

  HeapUse heap() const { return memory_.frame().heap; }

  // Makes a call in the server's process. Throws ServerGone.
  int64_t Carry(const RawCall& call) override;

 private:
  void Answer();
  void AwaitDone();

  SharedMemory& memory_;
  Line line_{-1};
  Syscalls* top_ = nullptr;
};

}  // namespace hupstorm::remote

#endif  // HUPSTORM_KERNEL_REMOTE_REMOTE_KERNEL_H_
