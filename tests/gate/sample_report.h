// Reports as no gate gives them within seconds, for tests of how they are shown.

#ifndef HUPSTORM_TESTS_GATE_SAMPLE_REPORT_H_
#define HUPSTORM_TESTS_GATE_SAMPLE_REPORT_H_

#include <cstddef>

#include "tools/report/gate_report.h"

namespace hupstorm {

// Of a gate with so many findings, each with a time line that is far too long to be shown whole.
GateReport ReportWith(size_t findings);

// Of this project's own gate, with what a clean one does not have: a defect that is not caught,
// findings of the baseline and ones that have gone, an area that was not run; and it was broken
// off.
GateReport ReportOfOwnGate();

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_GATE_SAMPLE_REPORT_H_
