// Waits on many descriptors at once: select, poll or epoll behind one small interface.

#ifndef HUPSTORM_TARGET_REFERENCE_MULTIPLEXER_H_
#define HUPSTORM_TARGET_REFERENCE_MULTIPLEXER_H_

#include <memory>

namespace hupstorm {

enum class MultiplexerKind { kSelect, kPoll, kEpollLevel, kEpollEdge };

// What to wait for on a descriptor. With neither, errors and hang-ups are still reported by poll
// and epoll, which report them unasked. Urgent data is not waited for: it arrives in its place
// among the rest (SO_OOBINLINE).
struct Interest {
  bool read = false;
  bool write = false;
  friend bool operator==(const Interest&, const Interest&) = default;
};

// Which calls are worth a try on a descriptor. After an error or a hang-up both are: the calls tell
// what happened, in the order in which it did.
struct Readiness {
  bool read = false;
  bool write = false;
  // Only of an edge-triggered wait, which will not say it again: recv may come back with fewer
  // bytes than asked for and leave something behind them, urgent data or the end of input.
  bool behind_short_read = false;
};

// Told what is ready.
class ReadySink {
 public:
  // Must not change what the multiplexer watches.
  virtual void OnReady(int fd, Readiness ready) = 0;

 protected:
  ~ReadySink() = default;
};

class Multiplexer {
 public:
  virtual ~Multiplexer() = default;

  // Begins to watch `fd`, not watched before. False if there is no room for it: ENOMEM and
  // ENOSPC of epoll_ctl(2), and numbers that do not fit into an fd_set.
  virtual bool Add(int fd, Interest interest) = 0;
  // Changes what a watched `fd` is watched for. False, with nothing changed, as for Add.
  virtual bool Modify(int fd, Interest interest) = 0;
  // Ceases to watch `fd`. Call it just before the descriptor is closed.
  virtual void Remove(int fd) = 0;

  // Blocks until something is ready, a signal is handled, or `timeout_ms` have passed (-1: no
  // limit), then calls `sink` once for each descriptor that is ready. A call may find nothing.
  virtual void Wait(int timeout_ms, ReadySink& sink) = 0;

  // True if a condition is reported once, when it begins: a caller that is told "readable" must
  // remember it until a call fails with EAGAIN, or moves fewer bytes than asked for and nothing
  // stands behind them. Otherwise every Wait reports it for as long as it lasts.
  virtual bool edge_triggered() const { return false; }
};

// Throws std::system_error if the kernel has no room for it.
std::unique_ptr<Multiplexer> MakeMultiplexer(MultiplexerKind kind);

// The forms that it chooses from, a file each.
std::unique_ptr<Multiplexer> MakeSelectMultiplexer();
std::unique_ptr<Multiplexer> MakePollMultiplexer();
std::unique_ptr<Multiplexer> MakeEpollMultiplexer(bool edge_triggered);

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_REFERENCE_MULTIPLEXER_H_
