// Writes down each call as strace would, one line a call:
//   accept4(256, {127.0.0.1:40001}, SOCK_NONBLOCK) = 259
//   send(259, "3?<b0"..., 65536, MSG_NOSIGNAL) = 16384
//   recv(259, ..., 1024, 0) = -1 ECONNRESET (Connection reset by peer)
//   epoll_wait(257, [{EPOLLIN|EPOLLRDHUP, 259}], 64, -1) = 1
// Addresses, errors, events and flags are by name; a buffer shows its first 32 bytes. Nothing in a
// line depends on pointers, on the process or on the day, so on a simulated kernel two runs of a
// scenario give the same bytes. If a call failed, "..." stands for memory that the kernel may
// not have looked at either: the server's pointer may be wrong.

#ifndef HUPSTORM_KERNEL_TRACE_TRACE_RECORDER_H_
#define HUPSTORM_KERNEL_TRACE_TRACE_RECORDER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "kernel/syscalls.h"

namespace hupstorm {

// Which descriptor the data in an epoll event stands for: servers put a pointer there as often as
// the descriptor. If two registrations in one epoll bear the same data, the later one.
class EpollDataNames {
 public:
  void Learn(const SystemCall& call);  // from each finished call
  void Reset() { fds_.clear(); }

  // The descriptor; if none was learnt, -1.
  int Find(int epfd, uint64_t data) const;

 private:
  struct Key {
    int epfd;
    uint64_t data;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const {
      return (key.data * 0x9e3779b97f4a7c15u) ^ static_cast<size_t>(key.epfd);
    }
  };
  std::unordered_map<Key, int, KeyHash> fds_;
};

// The line for one finished call, without a newline. Without `names`, an epoll event shows its data
// if that is a plausible descriptor, and "?" otherwise. `asked`: for a select, before it was made.
std::string FormatCall(const SystemCall& call, const EpollDataNames* names = nullptr,
                       const SelectQuestion* asked = nullptr);

class TraceRecorder final : public Syscalls {
 public:
  // `sink` gets each finished call, in order, with its line. A call that an exception leaves is not
  // finished.
  using Sink = std::function<void(const SystemCall& call, std::string line)>;
  // `inner` must outlive the recorder.
  TraceRecorder(Syscalls& inner, Sink sink) : inner_(inner), sink_(std::move(sink)) {}

  void Make(SystemCall& call) override;
  bool Simulates(int fd) const override { return inner_.Simulates(fd); }
  StandIn OpenStandIn(int fd) const override { return inner_.OpenStandIn(fd); }
  int NextDescriptor(int from) const override { return inner_.NextDescriptor(from); }

 private:
  void Record(const SystemCall& call, const SelectQuestion* asked);

  Syscalls& inner_;
  Sink sink_;
  EpollDataNames names_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_TRACE_TRACE_RECORDER_H_
