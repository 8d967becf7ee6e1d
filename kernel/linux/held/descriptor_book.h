// What a server's descriptors are, learnt from its calls.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_DESCRIPTOR_BOOK_H_
#define HUPSTORM_KERNEL_LINUX_HELD_DESCRIPTOR_BOOK_H_

#include <time.h>

#include <cstdint>
#include <deque>
#include <optional>

#include "kernel/driven_kernel.h"
#include "kernel/system_call.h"

namespace hupstorm::held {

struct DescriptorFacts {
  DrivenKernel::DescriptorKind kind = DrivenKernel::DescriptorKind::kFree;  // kFree: not known of
  bool nonblocking = false;
  std::optional<Call> made_by = std::nullopt;  // if it was seen
  PeerId peer = kNoPeer;                       // kConnection
  // kTimerfd: when it expires next by DrivenKernel::now_ns, -1 for never; 0 interval: once.
  clockid_t clock = CLOCK_MONOTONIC;
  int64_t expiry_ns = -1;
  int64_t interval_ns = 0;
  uint64_t expirations = 0;  // that have not been read
};

class DescriptorBook {
 public:
  // Learns from a call that has succeeded with `result`.
  void Learn(const SystemCall& call, int64_t result);
  void Clear() { facts_.clear(); }

  // Facts about nothing for a number that is not known of.
  const DescriptorFacts& Of(int fd) const;
  DescriptorFacts& At(int fd);
  bool IsSocket(int fd) const;
  // One past the highest number known of.
  int end() const { return static_cast<int>(facts_.size()); }
  // The descriptor of a peer's connection, -1 for none.
  int Find(PeerId peer) const;

 private:
  void Open(const SystemCall& by, int64_t fd, DrivenKernel::DescriptorKind kind, bool nonblocking);
  void Copy(const SystemCall& by, int64_t fd);

  // A deque, so that references stay good when a descriptor is added: a call may sleep with one
  // while another thread of the server accepts.
  std::deque<DescriptorFacts> facts_;
};

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_DESCRIPTOR_BOOK_H_
