// The three ways to wait of the servers with public bugs. They are somebody else's programs to
// hupstorm, and use nothing of it.

#ifndef HUPSTORM_TESTS_PROCESS_PUBLIC_BUGS_LOOP_H_
#define HUPSTORM_TESTS_PROCESS_PUBLIC_BUGS_LOOP_H_

#include <memory>
#include <string>
#include <vector>

// What to wait for, and what has happened. Hung up and failed are reported unasked, as by poll and
// epoll; select has no word for them.
constexpr int kIn = 1;
constexpr int kOut = 2;
constexpr int kHangUp = 4;

struct Event {
  int fd;
  int events;
};

class Loop {
 public:
  // "epoll", "epoll-et" (edge-triggered), "poll" or "select"; null for any other. With
  // `unchecked`, select takes descriptors that its sets have no room for.
  static std::unique_ptr<Loop> Make(const std::string& name, bool unchecked);

  virtual ~Loop() = default;
  // Waits for `events` on `fd` from now on, for none if 0. False if that cannot be done.
  virtual bool Set(int fd, int events) = 0;
  virtual void Remove(int fd) = 0;
  // For `ms` at most, without end if negative.
  virtual std::vector<Event> Wait(int ms) = 0;
};

#endif  // HUPSTORM_TESTS_PROCESS_PUBLIC_BUGS_LOOP_H_
