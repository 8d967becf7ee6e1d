// Asks Linux whether it shows what the simulated kernel found in somebody else's program. What it
// does not show is a debt of the simulation's, and not held against the server.

#ifndef HUPSTORM_TOOLS_GATE_CONFIRM_H_
#define HUPSTORM_TOOLS_GATE_CONFIRM_H_

#include <set>
#include <span>
#include <string>
#include <vector>

#include "scenarios/worlds/world.h"
#include "tools/isolation/isolated_runner.h"
#include "tools/isolation/server_choice.h"
#include "tools/report/confirmation.h"

namespace hupstorm {

struct Question {
  const Target* target = nullptr;
  const Scenario* scenario = nullptr;  // that shows the finding
  std::set<std::string> oracles;       // of what it shows
};

// Runs each scenario in the held world, once, with workers as `isolation` has them. Confirmed: one
// of the oracles finds something there. A finding that takes a certain order of threads cannot be
// confirmed if Linux chooses another. An answer for each question; kNotAsked for all if there is no
// Linux to ask: the server is one of ours, or runs there already. Throws FailedError.
std::vector<Confirmation> ConfirmOnLinux(const ServerChoice& server,
                                         const IsolationOptions& isolation,
                                         std::span<const Question> questions);

// A bug is confirmed by any of its symptoms. `bugs`: BugOf the finding that each answer is about.
void ConfirmByBug(std::span<const std::string> bugs, std::span<Confirmation> answers);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_GATE_CONFIRM_H_
