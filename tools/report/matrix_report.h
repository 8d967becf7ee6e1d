// The matrix for people and for programs.

#ifndef HUPSTORM_TOOLS_REPORT_MATRIX_REPORT_H_
#define HUPSTORM_TOOLS_REPORT_MATRIX_REPORT_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tools/cli/output.h"
#include "tools/matrix/matrix.h"

namespace hupstorm {

// `program` is how the user called hupstorm, for the commands that replay.
std::string MatrixText(const Matrix& matrix, const std::string& program, const Style& style);

// {"defects":[{"defect","expected":[],"reported":[],"also":[],"scenarios":[],"caught","reachable",
//   "evidence","difference":[{"oracle","world","reason"}],"replay"}],
//  "as_written":[{"target","reported":[],"missed":[]}],
//  "clean":[{"target","mends","findings":[]}],
//  "world","scenarios":N,"left_out":N,"runs":N,"holds":bool}
// A difference is an oracle that reported in that world alone, of the simulation and Linux; its
// reason is empty where nobody has declared it.
nlohmann::ordered_json MatrixJson(const Matrix& matrix, const std::string& program);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_REPORT_MATRIX_REPORT_H_
