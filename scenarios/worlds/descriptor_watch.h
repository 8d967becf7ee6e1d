// What the server has open when all clients are gone, round after round: what grows without end is
// a leak, what is made once is none.

#ifndef HUPSTORM_SCENARIOS_WORLDS_DESCRIPTOR_WATCH_H_
#define HUPSTORM_SCENARIOS_WORLDS_DESCRIPTOR_WATCH_H_

#include <string>
#include <vector>

#include "kernel/driven_kernel.h"
#include "scenarios/oracles/ledger.h"
#include "scenarios/worlds/scenario_clients.h"
#include "scenarios/worlds/server_host.h"

namespace hupstorm {

class DescriptorWatch {
 public:
  DescriptorWatch(Ledger& ledger, const ScenarioClients& clients, const DrivenKernel& kernel,
                  ServerHost& host)
      : ledger_(ledger), clients_(clients), kernel_(kernel), host_(host) {}

  // Each brings the ledger up to date.
  void BeginScript();
  void EndRound();   // all clients are gone
  void EndServer();  // serve() has returned

  // More is open than before, and only another round can tell whether that goes on.
  bool WantsAnotherRound() const;

 private:
  using Descriptor = DrivenKernel::Descriptor;

  void CountHostFiles();
  void NoteConnections(const std::vector<Descriptor>& open);
  void NoteOthers(std::vector<Descriptor> open);

  Ledger& ledger_;
  const ScenarioClients& clients_;
  const DrivenKernel& kernel_;
  ServerHost& host_;

  int connections_at_start_ = 0;
  int most_others_ = 0;             // at the end of any round, or at start
  std::vector<Descriptor> before_;  // at the end of the last round, if it was looked at
  std::vector<Descriptor> host_files_;
  int lowest_free_ = -1;  // the number that the next host file will have
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_DESCRIPTOR_WATCH_H_
