// One pass over all that must hold for a server, area by area:
//
//   suite        the built-in scenarios, and those of the user's own
//   corpus       the inputs of fuzz corpora
//   sweep        each thing going wrong at each call (simulated world)
//   fuzz         a bounded, seeded run of random scenarios
//   suite-linux, matrix, conformance     for hupstorm itself: its oracles and its simulated kernel
//
// A bug is reported once, in the area and case that showed it first.

#ifndef HUPSTORM_TOOLS_GATE_GATE_H_
#define HUPSTORM_TOOLS_GATE_GATE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/commands/plan.h"
#include "tools/gate/gate_report.h"
#include "tools/isolation/isolated_runner.h"

namespace hupstorm {

struct GateSettings {
  std::string program;               // argv[0], for replay commands
  const Plan* plan = nullptr;        // the suite and the user's scenarios
  IsolationOptions isolation;        // for the plan's server
  std::vector<std::string> corpora;  // folders
  uint64_t fuzz_runs = 0;            // of each target; 0: none
  uint64_t seed = 1;
  bool sweep = true;
  bool self = false;                  // the areas for hupstorm itself
  uint64_t conformance_programs = 0;  // of these
  std::optional<Baseline> baseline;
  // Where scenarios that are in no file are to be written, each as ORACLE-FINGERPRINT.scn; empty
  // for nowhere. The caller writes GateFinding::text to Finding::file.
  std::string out;
  std::function<void(const GateArea&)> on_area_done = [](const GateArea&) {};
};

// Throws as RunIsolated does.
GateReport RunGate(const GateSettings& settings);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_GATE_GATE_H_
