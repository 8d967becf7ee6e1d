// Defects against scenarios: is each known defect caught, and is everything else left alone?
//
// Three parts, each over the whole suite as far as it speaks the server's protocol:
//  - each defect by itself (all mended but that one) must be reported by an oracle that its
//  catalogue
//    entry names;
//  - each documented server as written must be reported for each of its main defects;
//  - fully mended servers and the references must not be reported at all.

#ifndef HUPSTORM_TOOLS_MATRIX_MATRIX_H_
#define HUPSTORM_TOOLS_MATRIX_MATRIX_H_

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/oracles/finding.h"
#include "target/documented/documented.h"
#include "tools/isolation/isolated_runner.h"

namespace hupstorm {

// An oracle that reported a defect on Linux and not in the simulation, or the other way round.
struct Difference {
  std::string oracle;
  bool on_loopback = false;
  std::string reason;  // why that may be; empty for one that nobody has declared

  bool holds() const { return !reason.empty(); }
};

struct DefectRow {
  const Defect* defect = nullptr;
  std::vector<std::string> reported;    // oracles that reported, in the order of the oracle table
  std::vector<std::string> scenarios;   // in which an expected oracle did, in order of the suite
  std::string simplest;                 // of those, the one in which the least happens
  bool caught = false;                  // an expected oracle reported
  std::vector<Difference> differences;  // see Compare

  // Holds for what Linux cannot produce too: there is nothing to catch.
  bool holds() const {
    return (caught || !defect->reachable) &&
           std::all_of(differences.begin(), differences.end(),
                       [](const Difference& difference) { return difference.holds(); });
  }
};

struct AsWrittenRow {
  std::string target;
  std::vector<std::string> reported;
  std::vector<std::string> missed;  // main defects of which no expected oracle reported

  bool holds() const { return missed.empty(); }
};

struct CleanRow {
  std::string target;
  std::string mends;  // "all", or "" for a reference
  std::vector<Finding> findings;

  bool holds() const { return findings.empty(); }
};

struct Matrix {
  std::vector<DefectRow> defects;  // in the order of the catalogue
  std::vector<AsWrittenRow> as_written;
  std::vector<CleanRow> clean;
  std::string world = "simulated";  // that it was run in
  size_t scenarios = 0;             // of the suite
  size_t left_out = 0;              // scenarios that cannot be had in this world
  std::string why_left_out;
  size_t runs = 0;

  bool holds() const;
};

// `why_not` says why a scenario cannot be had; empty where it can. `on_progress(done, total)` is
// called as runs finish. Throws as RunIsolated does.
Matrix RunMatrix(const IsolationOptions& options,
                 const std::function<std::string_view(const Scenario&)>& why_not,
                 const std::function<void(size_t done, size_t total)>& on_progress);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_MATRIX_MATRIX_H_
