// What a run notes about all connections at once, when its script or a round is over.

#ifndef HUPSTORM_SCENARIOS_WORLDS_SNAPSHOTS_H_
#define HUPSTORM_SCENARIOS_WORLDS_SNAPSHOTS_H_

#include <vector>

#include "kernel/driven_kernel.h"
#include "scenarios/oracles/ledger.h"
#include "scenarios/worlds/scenario_clients.h"
#include "scenarios/worlds/world.h"

namespace hupstorm {

// Both sides of each client's connection.
std::vector<SocketRow> SocketsOf(const Ledger& ledger, const ScenarioClients& clients,
                                 const DrivenKernel& kernel);

// What each client has been shown so far.
void AppendViews(const Ledger& ledger, std::vector<ClientView>& views);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_SNAPSHOTS_H_
