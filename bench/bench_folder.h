// The forms in which a benchmark's report is given.

#ifndef HUPSTORM_BENCH_BENCH_FOLDER_H_
#define HUPSTORM_BENCH_BENCH_FOLDER_H_

#include <string>

#include "bench/bench_report.h"
#include "bench/machine.h"
#include "tools/cli/output.h"

namespace hupstorm {

// For a terminal.
std::string BenchText(const BenchReport& report, const Style& style);

// {"bench","machine":{...},"command","seconds","figures":{...}}; `command` as typed.
nlohmann::ordered_json BenchJson(const BenchReport& report, const Machine& machine,
                                 const std::string& command);

// Makes the folder where it is not there. Throws UsageError where it cannot be written to.
void MakeBenchFolder(const std::string& folder);

// Writes folder/NAME.md (tables, and the plots' pictures), NAME.json and a .svg for each plot, with
// the script that draws it. Without gnuplot the pictures are left out. Throws UsageError where the
// folder cannot be made, FailedError where something cannot be written.
void WriteBenchFolder(const BenchReport& report, const Machine& machine, const std::string& command,
                      const std::string& folder);

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_BENCH_FOLDER_H_
