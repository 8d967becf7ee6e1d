// What one pass of the gate has shown: what every report of it is made from.

#ifndef HUPSTORM_TOOLS_REPORT_GATE_REPORT_H_
#define HUPSTORM_TOOLS_REPORT_GATE_REPORT_H_

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/oracles/finding.h"
#include "scenarios/worlds/world.h"
#include "tools/report/confirmation.h"

namespace hupstorm {

// The scenarios that come with hupstorm, and the user's own.
inline constexpr char kSuiteArea[] = "suite";
// A defect that is not caught and a difference from Linux are no oracle's findings. They are
// reported as such, by the names of their areas.
inline constexpr char kMatrixArea[] = "matrix";
inline constexpr char kConformanceArea[] = "conformance";

// One of the ways in which a bug is noticed.
struct Symptom {
  std::string oracle;
  std::string fingerprint;
  std::set<std::string> shown_in;  // as BaselineEntry has them
};

// One bug, however many cases show it.
struct GateFinding {
  Finding finding;         // the gravest, of the first case that showed it
  std::string area;        // that case's
  size_t cases = 0;        // that show it, of all areas
  bool tolerated = false;  // the baseline has it, with these symptoms in these scenarios
  // The baseline has the bug, but not with this symptom in a scenario that shows it.
  bool known_elsewhere = false;
  std::vector<Symptom> symptoms;  // in the order in which they showed
  std::string text;               // the scenario; empty if there is none (matrix, conformance)
  std::string replay;             // the command that shows it
  std::string output;  // the last that the server wrote; kept of servers that are not ours
  // Of one more run of the scenario by itself; empty if the server's process ended in it.
  std::vector<TimeLineEntry> time_line;
  std::vector<SocketRow> sockets;
  bool again = true;  // that run showed it too
  Confirmation confirmation = {};
  // Linux does not show it, and it does not count therefore.
  bool not_reproduced = false;
  bool is_minor = false;  // less grave than --severity

  bool shuts() const { return !tolerated && !not_reproduced && !is_minor; }
  std::set<std::string> oracles() const {
    std::set<std::string> names;
    for (const Symptom& symptom : symptoms) names.insert(symptom.oracle);
    return names;
  }
  std::set<std::string> shown_in() const {
    std::set<std::string> all;
    for (const Symptom& symptom : symptoms) {
      all.insert(symptom.shown_in.begin(), symptom.shown_in.end());
    }
    return all;
  }
};

struct GateCase {
  std::string name;  // the scenario's, or the input's
  std::string target;
  double seconds = 0;
  std::vector<size_t> findings = {};  // indices into GateReport::findings
};

struct GateArea {
  std::string name;  // "suite"
  std::vector<GateCase> cases;
  std::string did;                    // "231 scenarios", for a line of text
  std::vector<std::string> left_out;  // what was not run, and why
  std::string skipped;                // why nothing was run; empty if it was
  double seconds = 0;

  size_t failed() const {
    return static_cast<size_t>(std::count_if(
        cases.begin(), cases.end(), [](const GateCase& each) { return !each.findings.empty(); }));
  }
};

// One of the documents' servers' by itself.
struct KnownDefect {
  std::string name;
  bool caught = false;
  std::vector<std::string> scenarios;  // in which an oracle reports it that should
};

// A symptom of a bug that the baseline tolerates.
struct BaselineEntry {
  std::string target;
  std::string oracle;
  std::string bug;      // BugOf a finding; in a file of an older hupstorm its fingerprint
  std::string comment;  // without the '#'
  // The scenarios of the suite and of the user's in which it showed, and the names of the other
  // areas that showed it. Empty in a file of an older hupstorm: not known.
  std::set<std::string> shown_in = {};

  friend auto operator<=>(const BaselineEntry&, const BaselineEntry&) = default;
};

// How a fuzz campaign went.
struct CampaignMoment {
  double seconds = 0;  // since the campaign began
  uint64_t executions = 0;
  double rate = 0;  // executions a second, since the moment before
  uint64_t coverage = 0;
};

struct CampaignCurves {
  std::string target;
  std::string engine;
  std::vector<CampaignMoment> moments;  // some hundreds, whatever its length
  struct Found {
    double seconds = 0;
    std::string oracle;
    std::string evidence;
  };
  std::vector<Found> findings;
};

struct GateReport {
  std::string target;  // "reference/poll,reference/select"
  std::string mend;
  std::string world;
  std::string note;  // what a user should know of how the server was judged
  std::vector<GateArea> areas;
  std::vector<GateFinding> findings;  // in the order in which they showed
  bool has_baseline = false;
  std::vector<BaselineEntry> gone;  // of the baseline, about these targets, that did not show
  // Of the baseline, seen again: of which it is not known where they showed, and which it names by
  // a finding's fingerprint, where the bug's name is known now.
  size_t known_anywhere = 0;
  size_t known_by_fingerprint = 0;
  std::vector<KnownDefect> defects;       // of the matrix; empty if it was not run
  std::vector<CampaignCurves> campaigns;  // whose folders were given as corpora
  std::string broken_off;                 // why not all was run; empty if it was
  double seconds = 0;

  size_t tolerated() const {
    return static_cast<size_t>(std::count_if(
        findings.begin(), findings.end(), [](const GateFinding& each) { return each.tolerated; }));
  }
  // Bugs: what is in the baseline and shows elsewhere as well counts once.
  size_t distinct_findings() const {
    std::set<std::pair<std::string, std::string>> distinct;
    for (const GateFinding& each : findings) {
      distinct.insert({each.finding.target, BugOf(each.finding)});
    }
    return distinct.size();
  }
  size_t untolerated() const {
    return static_cast<size_t>(std::count_if(findings.begin(), findings.end(),
                                             [](const GateFinding& each) { return each.shuts(); }));
  }
  size_t not_reproduced() const {
    return static_cast<size_t>(std::count_if(
        findings.begin(), findings.end(),
        [](const GateFinding& each) { return !each.tolerated && each.not_reproduced; }));
  }
  size_t minor() const {
    return static_cast<size_t>(
        std::count_if(findings.begin(), findings.end(), [](const GateFinding& each) {
          return each.is_minor && !each.tolerated && !each.not_reproduced;
        }));
  }
  bool holds() const { return untolerated() == 0 && broken_off.empty(); }
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_REPORT_GATE_REPORT_H_
