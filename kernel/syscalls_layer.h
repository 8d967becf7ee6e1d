// A `Syscalls` that decorates another: the base of `FaultInjector` and of `CallLogger` in
// scenarios/. A layer sees each call twice, on its way in and on its way out, and can answer it
// itself.

#ifndef HUPSTORM_KERNEL_SYSCALLS_LAYER_H_
#define HUPSTORM_KERNEL_SYSCALLS_LAYER_H_

#include "kernel/syscalls.h"

namespace hupstorm {

class SyscallsLayer : public Syscalls {
 public:
  // `inner` must outlive the layer.
  explicit SyscallsLayer(Syscalls& inner) : inner_(&inner) {}

  // Decorates another from the next call on; not to be called from inside one.
  void set_inner(Syscalls& inner) { inner_ = &inner; }

  // Enter, then the inner call unless Enter answered, then Leave.
  void Make(SystemCall& call) final;
  bool Simulates(int fd) const override { return inner_->Simulates(fd); }
  StandIn OpenStandIn(int fd) const override { return inner_->OpenStandIn(fd); }
  int NextDescriptor(int from) const override { return inner_->NextDescriptor(from); }

 protected:
  // Called before the call. To answer it without the inner kernel, fill in `result` and `error`
  // and return false. The arguments are what the caller gave, for all layers to see: they are left
  // as they are.
  virtual bool Enter(SystemCall& call) = 0;

  // Called after the call, whoever answered it, with `result` and `error` set. It may change both.
  // Not called if the inner call leaves by an exception.
  virtual void Leave(SystemCall& call) = 0;

  // For Enter: the transfer that is about to be made moves no more than `bytes`, fewer than
  // BytesAsked. Parts of vectors and messages are cut to that.
  void CutTo(size_t bytes) { most_bytes_ = bytes; }

  Syscalls& inner() { return *inner_; }

 private:
  void MakeCut(SystemCall& call);

  Syscalls* inner_;
  size_t most_bytes_ = SIZE_MAX;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_SYSCALLS_LAYER_H_
