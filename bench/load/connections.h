// Connections over loopback TCP whose far ends are in a process of their own: they need no
// descriptors here, and what they do costs no CPU time here.

#ifndef HUPSTORM_BENCH_LOAD_CONNECTIONS_H_
#define HUPSTORM_BENCH_LOAD_CONNECTIONS_H_

#include <cstddef>
#include <functional>
#include <vector>

#include "base/child_process.h"
#include "base/file_descriptor.h"

namespace hupstorm {

class Connections {
 public:
  // Accepts a connection that waits at `listener`, and returns its descriptor.
  using Accept = std::function<int(int listener)>;

  // Makes `count` connections, in batches that wait together to be accepted. The far ends go when
  // the object does, or this process. Throws FailedError if there are no more descriptors, ports or
  // processes.
  explicit Connections(int count, const Accept& accept = AcceptNonBlocking);
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  int count() const { return static_cast<int>(fds_.size()); }
  // The descriptor at this side. In the order in which they were made.
  int fd(int index) const { return fds_[static_cast<size_t>(index)].get(); }

  // Has the far ends of `count` connections send a byte: of number `first` and of each `stride`th
  // from there on. Unless it `awaits` the bytes it returns before that: on one processor
  // (OneProcessor) they are sent once this process sleeps.
  void OrderBytes(int first, int count, int stride, bool awaits) const;

 private:
  static int AcceptNonBlocking(int listener);
  void Make(int count, const Accept& accept);

  FileDescriptor control_;
  ChildProcess far_end_;
  std::vector<FileDescriptor> fds_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_LOAD_CONNECTIONS_H_
