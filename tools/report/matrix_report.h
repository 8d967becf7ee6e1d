// The matrix for people and for programs.

#ifndef HUPSTORM_TOOLS_REPORT_MATRIX_REPORT_H_
#define HUPSTORM_TOOLS_REPORT_MATRIX_REPORT_H_

#include <algorithm>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/oracles/finding.h"
#include "target/documented/documented.h"
#include "tools/cli/output.h"

namespace hupstorm {

// An oracle that reported a defect on Linux and not in the simulation, or the other way round.
struct Difference {
  std::string oracle;
  bool on_loopback = false;
  std::string reason;  // why that may be; empty for one that is not declared

  bool holds() const { return !reason.empty(); }
};

// Whether the defect's entry in the catalogue names the oracle.
bool Expects(const Defect& defect, std::string_view oracle);

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

// `program` is how the user called hupstorm, for the commands that replay.
std::string MatrixText(const Matrix& matrix, const std::string& program, const Style& style);

// {"defects":[{"defect","expected":[],"reported":[],"also":[],"scenarios":[],"caught","reachable",
//   "evidence","difference":[{"oracle","world","reason"}],"replay"}],
//  "as_written":[{"target","reported":[],"missed":[]}],
//  "clean":[{"target","mends","findings":[]}],
//  "world","scenarios":N,"left_out":N,"runs":N,"holds":bool}
// A difference is an oracle that reported in that world alone, of the simulation and Linux; its
// reason is empty if it is not declared.
nlohmann::ordered_json MatrixJson(const Matrix& matrix, const std::string& program);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_REPORT_MATRIX_REPORT_H_
