#include "bench/servers/comparison.h"

#include <fmt/format.h>

#include <algorithm>

namespace hupstorm {
namespace {

Turns TurnsOf(const ServerSamples& samples, const std::string& peer, Figure figure) {
  Turns turns;
  for (const ServerSample& repeat : samples.at(peer)) turns.push_back(repeat.*figure);
  return turns;
}

}  // namespace

Spread FigureOf(const ServerSamples& samples, const std::string& peer, Figure figure) {
  return SpreadOf(TurnsOf(samples, peer, figure));
}

Spread RatioOf(const ServerSamples& samples, const std::string& peer, const std::string& other,
               Figure figure) {
  return RatioOf(TurnsOf(samples, peer, figure), TurnsOf(samples, other, figure));
}

std::vector<std::string> NamesOf(const Peers& peers, PeerKind kind, const ServerSamples& samples) {
  std::vector<std::string> names;
  for (const EchoPeer& peer : peers.found) {
    if (peer.kind == kind && samples.contains(peer.name)) names.push_back(peer.name);
  }
  return names;
}

std::string BestLibrary(const Peers& peers, const ServerSamples& samples, Figure figure,
                        bool most) {
  const std::vector<std::string> names = NamesOf(peers, PeerKind::kLibrary, samples);
  if (names.empty()) return "";
  const auto median = [&](const std::string& name) {
    const double figure_of_it = FigureOf(samples, name, figure).median;
    return most ? -figure_of_it : figure_of_it;
  };
  return *std::min_element(
      names.begin(), names.end(),
      [&](const std::string& a, const std::string& b) { return median(a) < median(b); });
}

double NoiseOf(const Peers& peers, const ServerSamples& samples, Figure figure) {
  const std::vector<std::string> one = NamesOf(peers, PeerKind::kBareLoop, samples);
  const std::vector<std::string> again = NamesOf(peers, PeerKind::kControl, samples);
  if (one.empty() || again.empty()) return 0;
  const Spread ratio = RatioOf(samples, again.front(), one.front(), figure);
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
