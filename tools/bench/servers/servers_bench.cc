#include "tools/bench/benches.h"
#include "tools/bench/servers/measurements.h"
#include "tools/bench/servers/peers.h"
#include "tools/bench/servers/servers_report.h"

namespace hupstorm {

BenchReport BenchServers(const BenchSettings& settings) {
  const Peers peers = FindPeers(PeerFolder());
  return ServersReport(MeasureServers(peers, MakeServersPlan(settings.quick), settings));
}

}  // namespace hupstorm
