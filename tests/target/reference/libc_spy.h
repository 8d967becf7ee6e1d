// Stands between the server's thread and libc: counts its calls, and makes them fail as Linux
// might. Other threads are left alone.

#ifndef HUPSTORM_TESTS_TARGET_REFERENCE_LIBC_SPY_H_
#define HUPSTORM_TESTS_TARGET_REFERENCE_LIBC_SPY_H_

#include <sys/epoll.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>

namespace hupstorm {

enum class Watched { kAccept, kRecv, kSend, kWait, kEpollCtl, kClose };
inline constexpr int kWatchedCount = 6;

// Thrown out of a call by kThrow.
struct LeftTheCall {};
inline constexpr int kThrow = -1;
inline constexpr int kForever = 1'000'000'000;

class LibcSpy {
 public:
  static LibcSpy& Instance();
  void Reset();

  // Faults: `times` calls fail with `error`, or throw for kThrow, after `skip` of them.
  void Fail(Watched call, int error, int times = 1, int skip = 0);
  void StopFailing();
  // recv and send move `most` bytes at most. An edge-triggered watcher is told again, as it is
  // where Linux cuts them short.
  void Shorten(Watched call, size_t most, int times);
  // Runs `action` on the server's thread before the `nth` call from now.
  void Before(Watched call, int nth, std::function<void()> action);

  int count(Watched call);
  bool hook_has_run();
  // Bounded: false after ten seconds.
  bool AwaitCount(Watched call, int count);
  bool AwaitHook();
  // Until the server waits without a time limit, having made `closes` calls of close.
  bool AwaitRest(int closes);

  // The most that the server ever held for one client: bytes received and not sent.
  size_t most_held();
  // The most calls of recv and send on one descriptor between two waits.
  int most_calls_in_a_round();
  // Live heap of the server's thread when it last began to wait.
  int64_t heap_at_last_wait();

  // Called by the interposed functions.
  struct Verdict {
    int error = 0;
    size_t most = SIZE_MAX;
  };
  Verdict Enter(Watched call, int fd);
  void Moved(Watched call, int fd, size_t bytes);
  void Registered(int epfd, int fd, const epoll_event& event);
  // The registration is made anew, which makes epoll look at the descriptor again.
  void RaiseEdges(int fd);
  void EnterWait(int timeout_ms);
  void LeaveWait();

 private:
  struct Fault {
    Watched call;
    Verdict verdict;
    int skip;
    int times;
  };
  struct Registration {
    int epfd;
    epoll_event event;
  };
  struct Flow {
    size_t received = 0;
    size_t sent = 0;
    int calls = 0;
  };
  bool Await(std::function<bool()> holds);

  std::mutex mutex_;
  std::condition_variable changed_;
  int counts_[kWatchedCount] = {};
  std::list<Fault> faults_;
  Watched hook_call_ = Watched::kWait;
  int hook_in_ = 0;
  std::function<void()> hook_;
  bool hook_has_run_ = false;
  bool resting_ = false;
  std::map<int, Flow> flows_;
  std::map<int, Registration> registrations_;
  size_t most_held_ = 0;
  int most_calls_ = 0;
  int64_t heap_ = 0;
};

// Marks this thread as the server's.
class ServerThread {
 public:
  ServerThread();
  ~ServerThread();
};

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_TARGET_REFERENCE_LIBC_SPY_H_
