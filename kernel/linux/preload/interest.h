// The descriptors of a server's process on which its driver wants to see the calls: TCP sockets,
// and what event loops wait for and wake themselves with. Calls on files, terminals and other
// sockets go straight to Linux.

#ifndef HUPSTORM_KERNEL_LINUX_PRELOAD_INTEREST_H_
#define HUPSTORM_KERNEL_LINUX_PRELOAD_INTEREST_H_

#include <array>
#include <atomic>
#include <cstdint>

namespace hupstorm::preload {

// For any number of threads.
class Interest {
 public:
  constexpr Interest() = default;

  // Looks at a descriptor that nothing is known of.
  bool IsWatched(int fd);

  void Watch(int fd) { Set(fd, State::kWatched); }
  void Ignore(int fd) { Set(fd, State::kIgnored); }
  void Copy(int from, int to) { Set(to, Get(from)); }
  void Forget(int fd) { Set(fd, State::kUnknown); }
  // The server has closed it: a call on the number is a mistake until it names something again.
  void NoteClosed(int fd) {
    Set(fd, Get(fd) == State::kWatched ? State::kClosed : State::kUnknown);
  }

  // In a child that was forked: it may close any number, whether it is open or not.
  void ForgetClosed();

 private:
  enum class State : uint8_t { kUnknown, kIgnored, kWatched, kClosed };
  static constexpr int kMost = 1 << 16;  // numbers beyond are looked at each time

  State Get(int fd) const;
  void Set(int fd, State state);
  static State LookAt(int fd, State former);

  std::array<std::atomic<State>, kMost> states_ = {};
};

}  // namespace hupstorm::preload

#endif  // HUPSTORM_KERNEL_LINUX_PRELOAD_INTEREST_H_
