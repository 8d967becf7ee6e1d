#include "tests/benchmarks/summary.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "tests/benchmarks/scenario_benchmarks.h"

namespace hupstorm {
namespace {

constexpr std::string_view kCallPrefix = "call/";
constexpr std::string_view kLoadPrefix = "load/";
constexpr std::string_view kScenarioPrefix = "scenario/";

// "12.3", "1234" or "-" for what did not run.
std::string Nanoseconds(double ns) {
  if (ns < 0) return "-";
  return ns < 100 ? fmt::format("{:.1f}", ns) : fmt::format("{:.0f}", ns);
}

// Times a second: "81000", "4.7", or "-" for what did not run.
std::string Rate(double cost_ns) {
  if (cost_ns <= 0) return "-";
  const double rate = 1e9 / cost_ns;
  return rate < 100 ? fmt::format("{:.1f}", rate) : fmt::format("{:.0f}", rate);
}

std::string Ratio(double dividend, double divisor) {
  return dividend < 0 || divisor <= 0 ? "-" : fmt::format("{:.2f}x", dividend / divisor);
}

// The part of `name` between `prefix` and the slash after it; empty for another prefix.
std::string CallIn(const std::string& name, std::string_view prefix) {
  if (name.compare(0, prefix.size(), prefix) != 0) return "";
  return name.substr(prefix.size(), name.find('/', prefix.size()) - prefix.size());
}

std::vector<std::string> CallsIn(const std::vector<std::string>& names, std::string_view prefix) {
  std::vector<std::string> calls;
  for (const std::string& name : names) {
    const std::string call = CallIn(name, prefix);
    if (!call.empty() && std::find(calls.begin(), calls.end(), call) == calls.end()) {
      calls.push_back(call);
    }
  }
  return calls;
}

}  // namespace

void SummaryReporter::ReportRuns(const std::vector<Run>& runs) {
  ConsoleReporter::ReportRuns(runs);
  for (const Run& run : runs) {
    if (run.error_occurred || run.run_type != Run::RT_Iteration) continue;
    // Without the options that follow the name proper ("/min_time:0.100").
    const std::string& name = run.run_name.function_name;
    names_.push_back(name);
    const double cost = run.cpu_accumulated_time / static_cast<double>(run.iterations) * 1e9;
    if (const auto calls = run.counters.find(kCallsCounter); calls != run.counters.end()) {
      calls_[name] = calls->second;
    }
    const auto [it, is_new] = costs_ns_.emplace(name, cost);
    if (!is_new) it->second = std::min(it->second, cost);  // the best of its repetitions
  }
}

void SummaryReporter::Finalize() {
  PrintCalls();
  PrintLoads();
  PrintScenarios();
}

double SummaryReporter::Cost(const std::string& name) const {
  const auto found = costs_ns_.find(name);
  return found == costs_ns_.end() ? -1 : found->second;
}

void SummaryReporter::PrintCalls() const {
  const std::vector<std::string> calls = CallsIn(names_, kCallPrefix);
  if (calls.empty()) return;
  fmt::print(
      "\nCost of a call with 10 connections open, ns of CPU time; Linux on "
      "loopback\n{:<24}{:>10}{:>12}{:>18}\n",
      "", "Linux", "Simulated", "Linux/Simulated");
  for (const std::string& call : calls) {
    const double on_linux = Cost(fmt::format("call/{}/Linux", call));
    const double simulated = Cost(fmt::format("call/{}/Simulated", call));
    fmt::print("{:<24}{:>10}{:>12}{:>18}\n", call, Nanoseconds(on_linux), Nanoseconds(simulated),
               Ratio(on_linux, simulated));
  }
}

void SummaryReporter::PrintLoads() const {
  const std::vector<std::string> calls = CallsIn(names_, kLoadPrefix);
  if (calls.empty()) return;
  std::set<int> loads;
  for (const std::string& name : names_) {
    const std::string call = CallIn(name, kLoadPrefix);
    if (!call.empty()) loads.insert(std::stoi(name.substr(kLoadPrefix.size() + call.size() + 1)));
  }
  for (const char* platform : {"Simulated", "Linux"}) {
    fmt::print("\nCost of a call by number of open connections, ns of CPU time: {}\n{:<24}",
               platform == std::string_view("Linux") ? "Linux, on loopback" : "simulated", "");
    for (int load : loads) fmt::print("{:>10}", load);
    fmt::print("{:>16}\n", "at most/at 100");
    for (const std::string& call : calls) {
      fmt::print("{:<24}", call);
      double most = -1;
      for (int load : loads) {
        const double cost = Cost(fmt::format("load/{}/{}/{}", call, load, platform));
        if (cost >= 0) most = cost;
        fmt::print("{:>10}", Nanoseconds(cost));
      }
      fmt::print("{:>16}\n", Ratio(most, Cost(fmt::format("load/{}/100/{}", call, platform))));
    }
  }
}

void SummaryReporter::PrintScenarios() const {
  const std::vector<std::string> cases = CallsIn(names_, kScenarioPrefix);
  if (cases.empty()) return;
  std::vector<std::string> targets;  // "reference/select" and so on, in order of their running
  for (const std::string& name : names_) {
    const std::string what = CallIn(name, kScenarioPrefix);
    if (what.empty()) continue;
    std::string target = name.substr(kScenarioPrefix.size() + what.size() + 1);
    if (std::find(targets.begin(), targets.end(), target) == targets.end()) {
      targets.push_back(std::move(target));
    }
  }
  fmt::print("\nScenarios a second on one processor, all oracles included\n{:<28}", "");
  for (const std::string& target : targets) fmt::print("{:>20}", target);
  fmt::print("{:>16}\n", "calls, at most");
  for (const std::string& what : cases) {
    fmt::print("{:<28}", what);
    double most_calls = 0;
    for (const std::string& target : targets) {
      const std::string name = fmt::format("{}{}/{}", kScenarioPrefix, what, target);
      fmt::print("{:>20}", Rate(Cost(name)));
      if (const auto calls = calls_.find(name); calls != calls_.end()) {
        most_calls = std::max(most_calls, calls->second);
      }
    }
    fmt::print("{:>16.0f}\n", most_calls);
  }
}

}  // namespace hupstorm
