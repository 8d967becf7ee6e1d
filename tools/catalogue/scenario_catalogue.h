// Finds scenarios: in the suite, which is part of the executable, and in files and folders.

#ifndef HUPSTORM_TOOLS_CATALOGUE_SCENARIO_CATALOGUE_H_
#define HUPSTORM_TOOLS_CATALOGUE_SCENARIO_CATALOGUE_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/language/scenario.h"

namespace hupstorm {

// Every scenario of the suite, in order of path. Throws FailedError if one does not parse: the
// build's own tests keep that from happening.
const std::vector<Scenario>& Suite();

// A scenario that the user chose, and how: one that was named must fit the target; of a folder or
// the whole suite, what does not fit is left out.
struct ChosenScenario {
  Scenario scenario;
  bool named = false;
};

// `arguments`: .scn files, folders, names in the suite ("half-close/echo-drains") and folders of
// the suite ("half-close"), "suite" for all of it. None: the whole suite. Throws UsageError, and
// for a mistake in a file the ParseError that says where.
std::vector<ChosenScenario> ChooseScenarios(std::span<const std::string> arguments);

// What `hupstorm replay` was given.
struct ReplayInput {
  Scenario scenario;
  bool from_bytes = false;  // a fuzzer's input, decoded
};
// A scenario, or a fuzzer's input: a file that is not called *.scn and is not valid scenario text.
// `as_bytes`: a fuzzer's input whatever it looks like.
ReplayInput LoadReplayInput(const std::string& argument, bool as_bytes);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CATALOGUE_SCENARIO_CATALOGUE_H_
