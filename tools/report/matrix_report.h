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
//   "evidence","replay"}],
//  "as_written":[{"target","reported":[],"missed":[]}],
//  "clean":[{"target","mends","findings":[]}],
//  "scenarios":N,"runs":N,"holds":bool}
nlohmann::ordered_json MatrixJson(const Matrix& matrix, const std::string& program);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_REPORT_MATRIX_REPORT_H_
