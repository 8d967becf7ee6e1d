// Scenario to canonical text, which parses to an equal scenario.

#ifndef HUPSTORM_SCENARIOS_LANGUAGE_PRINT_H_
#define HUPSTORM_SCENARIOS_LANGUAGE_PRINT_H_

#include <string>

#include "scenarios/language/scenario.h"

namespace hupstorm {

std::string PrintStep(const Step& step);              // one line, without a newline
std::string PrintScenario(const Scenario& scenario);  // "# title", headers, steps

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_LANGUAGE_PRINT_H_
