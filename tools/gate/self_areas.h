// What hupstorm's own gate asks besides: that its oracles catch the known defects and nothing else,
// and that its simulated kernel does as Linux does.

#ifndef HUPSTORM_TOOLS_GATE_SELF_AREAS_H_
#define HUPSTORM_TOOLS_GATE_SELF_AREAS_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tools/gate/gate_report.h"

namespace hupstorm {

// A defect that is not caught and a difference from Linux are no oracle's findings. They are
// reported as such, by the names of their areas.
inline constexpr char kMatrixArea[] = "matrix";
inline constexpr char kConformanceArea[] = "conformance";

class SelfAreas {
 public:
  struct Settings {
    std::string program;  // for replay commands
    int workers = 1;
    std::chrono::milliseconds timeout{10'000};
    uint64_t seed = 1;
    uint64_t conformance_programs = 0;
  };
  // Books a finding, with the command that shows it, and gives its number.
  using Enter = std::function<size_t(const std::string& area, Finding finding, std::string replay)>;

  SelfAreas(Settings settings, Enter enter)
      : settings_(std::move(settings)), enter_(std::move(enter)) {}

  // The references against the suite in the loopback world.
  void RunSuiteOnLinux(GateArea& area);
  // As hupstorm matrix: a case for each defect and each server that must be clean.
  void RunMatrix(GateArea& area);
  std::vector<KnownDefect> TakeDefects() { return std::move(defects_); }  // of the matrix
  // As hupstorm conform.
  void RunConformance(GateArea& area);

 private:
  Settings settings_;
  Enter enter_;
  std::vector<KnownDefect> defects_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_GATE_SELF_AREAS_H_
