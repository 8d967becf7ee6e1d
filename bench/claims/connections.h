// Connections over loopback TCP whose far ends are in a process of their own: they need no
// descriptors here, and what they do costs no CPU time here.

#ifndef HUPSTORM_BENCH_CLAIMS_CONNECTIONS_H_
#define HUPSTORM_BENCH_CLAIMS_CONNECTIONS_H_

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "target/reference/unique_fd.h"

namespace hupstorm {

class Connections {
 public:
  // Makes `count` connections. The far ends go when the object does, or this process. Throws
  // std::system_error where there are no more descriptors, ports or processes.
  explicit Connections(int count);
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  int count() const { return static_cast<int>(fds_.size()); }
  // The descriptor at this side; non-blocking. In the order in which they were made.
  int fd(int index) const { return fds_[static_cast<size_t>(index)].get(); }

  // Has the far ends of `count` connections send a byte: of number `first` and of each `stride`th
  // from there on. Returns before that: on one processor (OneProcessor) they do it once this
  // process sleeps.
  void OrderBytes(int first, int count, int stride) const;
  // The same, and waits until the bytes are here.
  void SendBytes(int first, int count, int stride) const;

 private:
  void MakeMore(int listener, int count);

  std::optional<UniqueFd> control_;
  pid_t far_end_ = -1;
  std::vector<UniqueFd> fds_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_CLAIMS_CONNECTIONS_H_
