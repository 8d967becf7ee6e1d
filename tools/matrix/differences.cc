#include "tools/matrix/differences.h"

#include <algorithm>
#include <string>

namespace hupstorm {
namespace {

bool Contains(const std::vector<std::string>& oracles, const std::string& wanted) {
  return std::find(oracles.begin(), oracles.end(), wanted) != oracles.end();
}

std::string_view ReasonOf(std::string_view defect, std::string_view oracle, bool on_loopback,
                          std::span<const DeclaredDifference> declared) {
  const auto found =
      std::find_if(declared.begin(), declared.end(), [&](const DeclaredDifference& difference) {
        return difference.defect == defect && difference.oracle == oracle &&
               difference.on_loopback == on_loopback;
      });
  return found == declared.end() ? std::string_view() : found->reason;
}

}  // namespace

std::span<const DeclaredDifference> DeclaredDifferences() {
  // Add here only what truly cannot be had on Linux, or in the simulation, and say why.
  return {};
}

void Compare(const Matrix& simulated, Matrix& loopback,
             std::span<const DeclaredDifference> declared) {
  for (size_t i = 0; i < loopback.defects.size(); ++i) {
    DefectRow& row = loopback.defects[i];
    const std::vector<std::string>& there = simulated.defects.at(i).reported;
    const auto add = [&](const std::string& oracle, bool on_loopback) {
      const std::string_view reason =
          ReasonOf(row.defect->full_name, oracle, on_loopback, declared);
      row.differences.push_back(
          {.oracle = oracle, .on_loopback = on_loopback, .reason = std::string(reason)});
    };
    for (const std::string& oracle : there) {
      if (!Contains(row.reported, oracle)) add(oracle, false);
    }
    for (const std::string& oracle : row.reported) {
      if (!Contains(there, oracle)) add(oracle, true);
    }
  }
}

}  // namespace hupstorm
