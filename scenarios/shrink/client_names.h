// The clients that a scenario names, and plainer names for them.

#ifndef HUPSTORM_SCENARIOS_SHRINK_CLIENT_NAMES_H_
#define HUPSTORM_SCENARIOS_SHRINK_CLIENT_NAMES_H_

#include <vector>

#include "scenarios/language/scenario.h"

namespace hupstorm {

// Calls `visit` with each name of clients in `step`, in the order in which the text has them.
template <typename SomeStep, typename Visit>
void VisitClients(SomeStep& step, Visit visit) {
  if (step.at && !step.at->any_client) visit(step.at->client);
  if (NamesClients(step.action)) visit(step.clients);
  if (step.action == Action::kFault && !step.fault_any_client) visit(step.fault_client);
}

// Every name once, in order of appearance.
std::vector<Clients> NamesIn(const Scenario& scenario);

// `scenario` with its clients called a, b, c and so on in order of appearance, and groups b[1..9].
// Names that share a client, as c[1..9] and c[2] do, keep one letter. If there are more than 26,
// they keep the letters that they have.
Scenario WithPlainNames(const Scenario& scenario);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_SHRINK_CLIENT_NAMES_H_
