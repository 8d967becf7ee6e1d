// epoll(7), level- or edge-triggered.

#ifndef HUPSTORM_TARGET_REFERENCE_EPOLL_MULTIPLEXER_H_
#define HUPSTORM_TARGET_REFERENCE_EPOLL_MULTIPLEXER_H_

#include <sys/epoll.h>

#include <array>

#include "target/reference/multiplexer.h"
#include "target/reference/unique_fd.h"

namespace hupstorm {

class EpollMultiplexer final : public Multiplexer {
 public:
  enum class Trigger { kLevel, kEdge };

  // Throws std::system_error if no epoll instance can be had.
  explicit EpollMultiplexer(Trigger trigger);

  bool Add(int fd, Interest interest) override;
  bool Modify(int fd, Interest interest) override;
  void Remove(int fd) override;
  void Wait(int timeout_ms, ReadySink& sink) override;
  bool edge_triggered() const override { return trigger_ == Trigger::kEdge; }

 private:
  bool Control(int operation, int fd, Interest interest);

  const Trigger trigger_;
  UniqueFd epoll_;
  std::array<epoll_event, 128> events_;  // filled by the kernel
};

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_REFERENCE_EPOLL_MULTIPLEXER_H_
