#include "bench/servers/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace hupstorm {

Turns Comparison::TurnsOf(const std::string& peer, Figure figure) const {
  Turns turns;
  for (const ServerSample& repeat : samples_.at(peer)) turns.push_back(repeat.*figure);
  return turns;
}

std::vector<std::string> Comparison::Names(PeerKind kind) const {
  std::vector<std::string> names;
  for (const EchoPeer& peer : peers_.found) {
    if (peer.kind == kind && Has(peer.name)) names.push_back(peer.name);
  }
  return names;
}

Spread Comparison::FigureOf(const std::string& peer, Figure figure) const {
  return SpreadOf(TurnsOf(peer, figure));
}

Spread Comparison::RatioOf(const std::string& peer, const std::string& other, Figure figure) const {
  return hupstorm::RatioOf(TurnsOf(peer, figure), TurnsOf(other, figure));
}

std::string Comparison::RatioText(const std::string& peer, const std::string& other,
                                  Figure figure) const {
  return Has(peer) && Has(other) ? SpreadText(RatioOf(peer, other, figure)) : "-";
}

std::string Comparison::BestLibrary(Figure figure, bool most) const {
  std::map<double, std::string> by_median;
  for (const std::string& name : Names(PeerKind::kLibrary)) {
    const double median = FigureOf(name, figure).median;
    by_median.emplace(most ? -median : median, name);
  }
  return by_median.empty() ? "" : by_median.begin()->second;
}

std::string Comparison::BareLoop() const {
  const std::vector<std::string> names = Names(PeerKind::kBareLoop);
  return names.empty() ? "" : names.front();
}

double Comparison::Noise(Figure figure) const {
  const std::vector<std::string> again = Names(PeerKind::kControl);
  if (BareLoop().empty() || again.empty()) return 0;
  const Spread ratio = RatioOf(again.front(), BareLoop(), figure);
  return std::max(ratio.most - 1, 1 - ratio.least);
}

void AimTally::Add(double ratio, double met, double missed, const std::string& where) {
  if (ratio < met) {
    ++met_;
  } else if (ratio < missed) {
    ++level_;
  } else {
    failures_.push_back(fmt::format("{} ({:.2f})", where, ratio));
  }
}

std::vector<std::string> AimTally::Row() const {
  return {aim_, std::to_string(met_), std::to_string(level_), std::to_string(failures_.size())};
}

std::string AimTally::Failures() const {
  if (failures_.empty()) return "";
  return fmt::format("{}: not with {}.", aim_, fmt::join(failures_, "; "));
}

}  // namespace hupstorm
