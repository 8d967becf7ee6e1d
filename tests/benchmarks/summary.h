// The tables at the end of a run: what a newcomer reads.

#ifndef HUPSTORM_TESTS_BENCHMARKS_SUMMARY_H_
#define HUPSTORM_TESTS_BENCHMARKS_SUMMARY_H_

#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <vector>

namespace hupstorm {

// Prints Google Benchmark's own lines as they come, then each call on Linux beside the simulation,
// the same by number of connections, and scenarios a second. What did not run is left out.
class SummaryReporter final : public benchmark::ConsoleReporter {
 public:
  SummaryReporter() : ConsoleReporter(OO_Tabular) {}
  void ReportRuns(const std::vector<Run>& runs) override;
  void Finalize() override;

 private:
  // Nanoseconds of CPU time a call, which a busy machine disturbs less than the clock; negative
  // where it did not run.
  double Cost(const std::string& name) const;
  void PrintCalls() const;
  void PrintLoads() const;
  void PrintScenarios() const;

  std::vector<std::string> names_;  // in order of their running
  std::map<std::string, double> costs_ns_;
  std::map<std::string, double> calls_;  // of the server, in one run of a scenario
};

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_BENCHMARKS_SUMMARY_H_
