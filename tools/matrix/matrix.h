// Defects against scenarios: is each known defect caught, and is everything else left alone?
//
// Three parts, each over the whole suite as far as it speaks the server's protocol:
//  - each defect by itself (all mended but that one) must be reported by an oracle that its entry
//    in the catalogue names;
//  - each documented server as written must be reported for each of its main defects;
//  - fully mended servers and the references must not be reported at all.

#ifndef HUPSTORM_TOOLS_MATRIX_MATRIX_H_
#define HUPSTORM_TOOLS_MATRIX_MATRIX_H_

#include <functional>
#include <string_view>

#include "tools/isolation/isolated_runner.h"
#include "tools/report/matrix_report.h"

namespace hupstorm {

// `why_not` says why a scenario cannot run; empty if it can. `on_progress(done, total)` is
// called as runs finish. Throws as RunIsolated does.
Matrix RunMatrix(const IsolationOptions& options,
                 const std::function<std::string_view(const Scenario&)>& why_not,
                 const std::function<void(size_t done, size_t total)>& on_progress);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_MATRIX_MATRIX_H_
