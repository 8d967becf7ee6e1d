// Fills in the ledger's facts for a server whose calls are not seen: from its sockets and
// processes.

#ifndef HUPSTORM_SCENARIOS_WORLDS_OUTSIDE_FACTS_H_
#define HUPSTORM_SCENARIOS_WORLDS_OUTSIDE_FACTS_H_

#include <vector>

#include "kernel/linux/outside/outside_kernel.h"
#include "scenarios/oracles/ledger.h"
#include "scenarios/worlds/rest_watch.h"
#include "scenarios/worlds/scenario_clients.h"

namespace hupstorm {

// Brings the server's side of every client up to date, also what it has read and sent, and which
// clients it had to turn away.
void FillInFacts(Ledger& ledger, ScenarioClients& clients, const OutsideKernel& kernel);

// What the server, at rest, has not done and could: not what its clients keep it from. FillInFacts
// must have been called.
std::vector<Debt> DebtsOf(const Ledger& ledger, const ScenarioClients& clients,
                          const OutsideKernel& kernel);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_OUTSIDE_FACTS_H_
