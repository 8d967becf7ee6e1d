#include "bench/benches.h"
#include "bench/servers/measurements.h"
#include "bench/servers/peers.h"
#include "bench/servers/servers_report.h"

namespace hupstorm {

BenchReport BenchServers(const BenchSettings& settings) {
  const Peers peers = FindPeers(PeerFolder());
  return ServersReport(MeasureServers(peers, MakeServersPlan(settings.quick), settings));
}

}  // namespace hupstorm
