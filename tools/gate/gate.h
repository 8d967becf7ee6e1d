// One pass over all that must hold for a server, area by area:
//
//   suite        the built-in scenarios, and those of the user's own
//   corpus       the inputs of fuzz corpora
//   sweep        each thing going wrong at each call (simulated world)
//   fuzz         a bounded, seeded run of random scenarios
//   suite-linux, matrix, conformance     for hupstorm itself: its oracles and its simulated kernel
//
// A bug is reported once, in the area and case that showed its gravest symptom first, and once more
// if it shows in ways for which the baseline does not have it.

#ifndef HUPSTORM_TOOLS_GATE_GATE_H_
#define HUPSTORM_TOOLS_GATE_GATE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/gate/baseline.h"
#include "tools/isolation/server_choice.h"
#include "tools/report/gate_report.h"
#include "tools/report/left_out.h"

namespace hupstorm {

// Books a finding that a case of `area` showed, with the command that shows it, and gives its
// number.
using EnterFinding =
    std::function<size_t(const std::string& area, Finding finding, std::string replay)>;

// An area about hupstorm itself, which only its own command has (tools/self).
struct SelfArea {
  std::string name;
  std::function<void(GateArea& area, GateReport& report, const EnterFinding& enter)> run;
};

struct GateSettings {
  std::string program;  // argv[0], for replay commands
  const ServerChoice* server = nullptr;
  IsolationOptions isolation;        // for this server
  std::span<const Job> jobs;         // the suite and the user's scenarios
  ByReason left_out;                 // scenarios that are none of these jobs
  std::vector<std::string> corpora;  // folders
  uint64_t fuzz_runs = 0;            // of each target; 0: none
  uint64_t seed = 1;
  bool sweep = true;
  std::vector<SelfArea> self_areas;  // for hupstorm itself
  std::optional<Baseline> baseline;
  bool unconfirmed = false;  // what Linux does not show counts, too
  // Where scenarios that are in no file are to be written, each as ORACLE-FINGERPRINT.scn; empty
  // for nowhere. The caller writes GateFinding::text to Finding::file.
  std::string out;
  Severity severity = Severity::kLow;  // what is less grave leaves the gate open
  std::function<void(const GateArea&)> on_area_done = [](const GateArea&) {};
};

// Throws as RunIsolated does.
GateReport RunGate(const GateSettings& settings);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_GATE_GATE_H_
