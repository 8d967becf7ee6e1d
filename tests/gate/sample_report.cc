#include "tests/gate/sample_report.h"

#include <string>

#include "target/documented/documented.h"

namespace hupstorm {

GateReport ReportWith(size_t findings) {
  GateReport report;
  report.target = "reference/poll";
  report.mend = "none";
  report.world = "simulated";
  GateArea& area = report.areas.emplace_back();
  area.name = "suite";
  for (size_t i = 0; i < findings; ++i) {
    GateFinding& found = report.findings.emplace_back();
    found.finding.oracle = "lost-bytes";
    found.finding.target = "reference/poll";
    found.finding.scenario = "half-close/x";
    found.finding.file = "scenarios/suite/half-close/x.scn";
    found.finding.line = 3;
    found.text = "target echo\na connect\na shutdown write\n";
    found.replay = "hupstorm replay scenarios/suite/half-close/x.scn --target reference/poll";
    found.finding.evidence = "a is owed </script><!-- 10 bytes";
    found.finding.fingerprint = std::to_string(i);
    found.area = "suite";
    for (int line = 0; line < 10'000; ++line) {
      // No two alike, so that nothing is taken for a loop.
      found.time_line.push_back({.kind = TimeLineEntry::Kind::kCall,
                                 .text = std::string(1000, 'x') + std::string(line % 97, 'y')});
    }
    found.time_line.push_back({.kind = TimeLineEntry::Kind::kFinding, .text = "lost-bytes: a"});
    area.cases.push_back({.name = "half-close/x", .target = "reference/poll", .findings = {i}});
  }
  return report;
}

GateReport ReportOfOwnGate() {
  GateReport report = ReportWith(2);
  report.has_baseline = true;
  report.broken_off = "10 runs were ended by --timeout";
  for (GateFinding& found : report.findings) {
    found.tolerated = true;
    found.time_line.clear();
  }
  report.gone.push_back({"reference/poll", "lost-bytes", "0123456789abcdef", ""});
  report.areas.emplace_back().name = "fuzz";
  report.areas.back().skipped = "--fuzz-runs 0";
  GateArea& matrix = report.areas.emplace_back();
  matrix.name = kMatrixArea;
  matrix.did = "some defects";
  for (const Defect& defect : Defects()) {
    KnownDefect& known = report.defects.emplace_back();
    known.name = defect.full_name;
    known.caught = report.defects.size() > 1;
    if (!known.caught) continue;
    known.scenarios = {"half-close/idle", "half-close/echo-drains", "reset/mid-stream"};
    matrix.cases.push_back({.name = "caught", .target = known.name});
  }
  return report;
}

}  // namespace hupstorm
