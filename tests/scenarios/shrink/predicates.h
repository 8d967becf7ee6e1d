// What a scenario that is made smaller must keep, and a large one to begin with.

#ifndef HUPSTORM_TESTS_SCENARIOS_SHRINK_PREDICATES_H_
#define HUPSTORM_TESTS_SCENARIOS_SHRINK_PREDICATES_H_

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "scenarios/language/print.h"
#include "scenarios/language/scenario.h"

namespace hupstorm {

using Predicate = std::function<bool(const Scenario&)>;

inline std::vector<std::string> Lines(const Scenario& scenario) {
  std::vector<std::string> lines;
  for (const Step& step : scenario.steps) lines.push_back(PrintStep(step));
  return lines;
}

// Holds for a scenario that has each of these lines, in any order.
inline Predicate Has(const std::vector<std::string>& needed) {
  return [needed](const Scenario& scenario) {
    const std::vector<std::string> lines = Lines(scenario);
    return std::all_of(needed.begin(), needed.end(), [&](const std::string& line) {
      return std::find(lines.begin(), lines.end(), line) != lines.end();
    });
  };
}

// Holds for a scenario with a step that `property` holds for.
inline Predicate HasStep(const std::function<bool(const Step&)>& property) {
  return [property](const Scenario& scenario) {
    return std::any_of(scenario.steps.begin(), scenario.steps.end(), property);
  };
}

inline Predicate HasAction(Action action) {
  return HasStep([action](const Step& step) { return step.action == action; });
}

inline bool Always(const Scenario&) { return true; }

inline constexpr char kLarge[] =
    "# A title.\n"
    "target any\n"
    "rounds 8\n"
    "server buffer send 4KiB\n"
    "a connect\n"
    "c[1..200] connect\n"
    "fault send of a short 7 after 2 times 9\n"
    "at recv 3 of c[7]: each c[1..9] send 64KiB\n"
    "and b connect\n"
    "b send \"GET / HTTP/1.0\\r\\n\\r\\n\"\n"
    "wait 30s\n"
    "expect a connected\n"
    "c[1..200] reset\n"
    "a read 64KiB\n"
    "limit descriptors 17\n"
    "a shutdown write\n"
    "limit descriptors none\n"
    "a close\n"
    "server stop\n"
    "expect server stopped\n";

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_SCENARIOS_SHRINK_PREDICATES_H_
