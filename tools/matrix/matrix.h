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

#include <functional>
#include <string>
#include <vector>

#include "scenarios/oracles/finding.h"
#include "target/documented/documented.h"
#include "tools/isolation/isolated_runner.h"

namespace hupstorm {

struct DefectRow {
  const Defect* defect = nullptr;
  std::vector<std::string> reported;   // oracles that reported, in the order of the oracle table
  std::vector<std::string> scenarios;  // in which an expected oracle did, in order of the suite
  std::string simplest;                // of those, the one in which the least happens
  bool caught = false;                 // an expected oracle reported

  // Holds for what Linux cannot produce too: there is nothing to catch.
  bool holds() const { return caught || !defect->reachable; }
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
  size_t scenarios = 0;             // in the suite
  size_t runs = 0;

  bool holds() const;
};

// `on_progress(done, total)` is called as runs finish. Throws as RunIsolated does.
Matrix RunMatrix(const IsolationOptions& options,
                 const std::function<void(size_t done, size_t total)>& on_progress);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_MATRIX_MATRIX_H_
