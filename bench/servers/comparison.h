// What the measurements of servers say of one another.

#ifndef HUPSTORM_BENCH_SERVERS_COMPARISON_H_
#define HUPSTORM_BENCH_SERVERS_COMPARISON_H_

#include <string>
#include <vector>

#include "bench/bench_report.h"
#include "bench/servers/measurements.h"

namespace hupstorm {

// Over all repeats. `samples` has that peer.
Spread FigureOf(const ServerSamples& samples, const std::string& peer, Figure figure);

// One peer's figure divided by the other's, turn by turn.
Spread RatioOf(const ServerSamples& samples, const std::string& peer, const std::string& other,
               Figure figure);

// Names of a kind that `samples` has, in the order of `peers`.
std::vector<std::string> NamesOf(const Peers& peers, PeerKind kind, const ServerSamples& samples);

// The library with the least `figure` (or most), empty where none was measured.
std::string BestLibrary(const Peers& peers, const ServerSamples& samples, Figure figure,
                        bool most = false);

// How far the same server is from itself, at most, in any repeat: 0.03 is 3 %. 0 where there is no
// control.
double NoiseOf(const Peers& peers, const ServerSamples& samples, Figure figure);

// An aim in many cells: met, not met, or neither, as noise is larger than the difference.
class AimTally {
 public:
  explicit AimTally(std::string aim) : aim_(std::move(aim)) {}

  // Met where `ratio` is below `met`, not met from `missed` on. `where`: "100 x 64 B, libuv".
  void Add(double ratio, double met, double missed, const std::string& where);
  // {aim, met, level, not met}
  std::vector<std::string> Row() const;
  // "AIM: not with WHERE (1.07); WHERE (1.20).", empty where there is none.
  std::string Failures() const;

 private:
  std::string aim_;
  int met_ = 0;
  int level_ = 0;
  std::vector<std::string> failures_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_SERVERS_COMPARISON_H_
