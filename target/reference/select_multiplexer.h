// select(2). Descriptors from FD_SETSIZE up cannot be watched.

#ifndef HUPSTORM_TARGET_REFERENCE_SELECT_MULTIPLEXER_H_
#define HUPSTORM_TARGET_REFERENCE_SELECT_MULTIPLEXER_H_

#include <sys/select.h>

#include "target/reference/multiplexer.h"

namespace hupstorm {

class SelectMultiplexer final : public Multiplexer {
 public:
  SelectMultiplexer();

  bool Add(int fd, Interest interest) override;
  bool Modify(int fd, Interest interest) override;
  void Remove(int fd) override;
  void Wait(int timeout_ms, ReadySink& sink) override;

 private:
  fd_set read_;
  fd_set write_;
  // The watched numbers lie in [first_, end_).
  int first_ = FD_SETSIZE;
  int end_ = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_REFERENCE_SELECT_MULTIPLEXER_H_
