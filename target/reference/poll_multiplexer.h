// poll(2).

#ifndef HUPSTORM_TARGET_REFERENCE_POLL_MULTIPLEXER_H_
#define HUPSTORM_TARGET_REFERENCE_POLL_MULTIPLEXER_H_

#include <poll.h>

#include <vector>

#include "target/reference/descriptor_table.h"
#include "target/reference/multiplexer.h"

namespace hupstorm {

class PollMultiplexer final : public Multiplexer {
 public:
  PollMultiplexer();

  bool Add(int fd, Interest interest) override;
  bool Modify(int fd, Interest interest) override;
  void Remove(int fd) override;
  void Wait(int timeout_ms, ReadySink& sink) override;

 private:
  int WaitInParts(int timeout_ms);

  // Without holes, since the kernel walks all of it in every call.
  std::vector<pollfd> watched_;
  DescriptorTable<int, -1> place_;  // of each descriptor in `watched_`
};

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_REFERENCE_POLL_MULTIPLEXER_H_
