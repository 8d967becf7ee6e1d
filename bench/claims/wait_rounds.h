// What it costs a server to be told that input is there, by each of the reference's multiplexers:
// CPU time, calls, and bytes copied.

#ifndef HUPSTORM_BENCH_CLAIMS_WAIT_ROUNDS_H_
#define HUPSTORM_BENCH_CLAIMS_WAIT_ROUNDS_H_

#include <memory>
#include <string_view>

#include "bench/claims/call_counter.h"
#include "bench/load/connections.h"
#include "kernel/host_kernel.h"
#include "target/reference/multiplexer.h"

namespace hupstorm {

// How busy the watched connections are. With one, the server sleeps in its wait until a byte
// arrives, each time on the same connection. With more, bytes have arrived on all of them before it
// asks, as if it had more to do than it can.
enum class Load { kOne, kTenth, kAll };
inline constexpr Load kLoads[] = {Load::kOne, Load::kTenth, Load::kAll};
// The forms of the reference, in the order of the tables.
inline constexpr MultiplexerKind kForms[] = {MultiplexerKind::kSelect, MultiplexerKind::kPoll,
                                             MultiplexerKind::kEpollLevel,
                                             MultiplexerKind::kEpollEdge};
std::string_view LoadName(Load load);  // "one", "tenth", "all"
// Of so many connections, at least one.
int ActiveOf(Load load, int connections);

struct WaitCounts {
  double waits = 0;  // per event
  CopiedBytes copied = {};
  uint64_t events = 0;
  // To watch all connections, once.
  CallCounts watching = {};

  double bytes_per_event() const {
    return static_cast<double>(copied.both()) / static_cast<double>(events);
  }
};

class WaitRounds {
 public:
  // Watches the first `count` of `connections`, as EchoServer does. `connections` must outlive the
  // object.
  WaitRounds(MultiplexerKind kind, const Connections& connections, int count, Load load);
  ~WaitRounds();

  // False if the multiplexer has no room for them all: select from FD_SETSIZE on. Then there is
  // nothing to measure.
  bool watches_all() const { return watches_all_; }

  // CPU time of the waits alone, in ns per event, the median of the rounds: what a server does with
  // the events is not in it. A few rounds are not counted, to warm up. `clock_ns` is
  // ThreadCpuClockNs().
  double Measure(int rounds, int64_t clock_ns);
  // The same rounds, counted instead of timed.
  WaitCounts Count(int rounds);

 private:
  struct Taker;  // is told what is ready

  int64_t Round(int64_t clock_ns);
  int64_t TimedWait(int64_t clock_ns);

  const Connections& connections_;
  const Load load_;
  const int count_;
  const int active_;
  CallCounts counts_;
  HostKernel linux_;
  CallCounter counter_{linux_, counts_};
  bool counting_ = false;
  bool watches_all_ = true;
  int next_ = 0;  // the first active connection of the next round
  std::unique_ptr<Multiplexer> multiplexer_;
  std::unique_ptr<Taker> taker_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_CLAIMS_WAIT_ROUNDS_H_
