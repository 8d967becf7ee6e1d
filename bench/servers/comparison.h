// What the measurements of servers say of one another.

#ifndef HUPSTORM_BENCH_SERVERS_COMPARISON_H_
#define HUPSTORM_BENCH_SERVERS_COMPARISON_H_

#include <string>
#include <vector>

#include "bench/bench_report.h"
#include "bench/servers/measurements.h"

namespace hupstorm {

// Of servers that were measured side by side, by their names. What it is made of must outlive it.
class Comparison {
 public:
  Comparison(const Peers& peers, const ServerSamples& samples) : peers_(peers), samples_(samples) {}

  const ServerSamples& samples() const { return samples_; }
  bool Has(const std::string& peer) const { return samples_.contains(peer); }
  // Those of a kind, in the order of the peers.
  std::vector<std::string> Names(PeerKind kind) const;
  // Over all repeats, of one that was measured.
  Spread FigureOf(const std::string& peer, Figure figure) const;
  // One peer's figure divided by the other's, turn by turn.
  Spread RatioOf(const std::string& peer, const std::string& other, Figure figure) const;
  // "0.93"; "-" if there is nothing to compare.
  std::string RatioText(const std::string& peer, const std::string& other, Figure figure) const;
  // The library with the least `figure` (or most), empty if none was measured.
  std::string BestLibrary(Figure figure, bool most = false) const;
  std::string BareLoop() const;  // empty if it was not measured
  // How far the same server is from itself, at most, in any repeat: 0.03 is 3 %. 0 if there is no
  // control.
  double Noise(Figure figure) const;

 private:
  Turns TurnsOf(const std::string& peer, Figure figure) const;

  const Peers& peers_;
  const ServerSamples& samples_;
};

// An aim in many cells: met, not met, or neither, as noise is larger than the difference.
class AimTally {
 public:
  explicit AimTally(std::string aim) : aim_(std::move(aim)) {}

  // Met if `ratio` is below `met`, not met from `missed` on. `where`: "100 x 64 B, libuv".
  void Add(double ratio, double met, double missed, const std::string& where);
  // {aim, met, level, not met}
  std::vector<std::string> Row() const;
  // "AIM: not with WHERE (1.07); WHERE (1.20).", empty if there is none.
  std::string Failures() const;

 private:
  std::string aim_;
  int met_ = 0;
  int level_ = 0;
  std::vector<std::string> failures_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_SERVERS_COMPARISON_H_
