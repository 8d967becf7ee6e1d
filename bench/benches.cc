#include "bench/benches.h"

namespace hupstorm {

const std::vector<Bench>& Benches() {
  static const std::vector<Bench> benches = {
      {"claims", "what is said of select, poll and epoll, measured", BenchClaims},
      {"servers", "the reference beside echo servers on libraries", BenchServers},
      {"harness", "what hupstorm itself costs", BenchHarness},
  };
  return benches;
}

}  // namespace hupstorm
