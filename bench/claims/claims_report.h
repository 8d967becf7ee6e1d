// The figures and the judgements as tables, plots and JSON.

#ifndef HUPSTORM_BENCH_CLAIMS_CLAIMS_REPORT_H_
#define HUPSTORM_BENCH_CLAIMS_CLAIMS_REPORT_H_

#include <vector>

#include "bench/bench_report.h"
#include "bench/claims/verdicts.h"

namespace hupstorm {

// All but BenchReport::seconds. `wanted`: as many connections as there should have been.
BenchReport ClaimsReport(const ClaimFigures& figures, const std::vector<Judgement>& judgements,
                         int wanted);

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_CLAIMS_CLAIMS_REPORT_H_
