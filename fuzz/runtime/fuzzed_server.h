// A fuzz target for a server is one function, MakeFuzzedServer, in a file of its own
// (fuzz/targets). The rest is in this folder: bytes are a scenario, it is run in the simulated
// world, and all oracles judge.
//
// What becomes of a finding is decided by the environment, so that one executable serves people,
// `hupstorm fuzz`, and services that run fuzzers:
//   nothing set          the first finding aborts the process, and the fuzzer keeps the input
//   HUPSTORM_FINDINGS    a folder: each distinct finding is kept there and the campaign goes on
//                        (scenarios/campaign/finding_store.h)
//   HUPSTORM_COUNTERS    a file, HUPSTORM_WORKER a place in it: executions are counted there
//   HUPSTORM_SHRINK      a finding's .bytes: its smallest scenario is written beside it as .scn
//   HUPSTORM_MEND        of a documented server: none, all, or all-but=DEFECT[,DEFECT]

#ifndef HUPSTORM_FUZZ_RUNTIME_FUZZED_SERVER_H_
#define HUPSTORM_FUZZ_RUNTIME_FUZZED_SERVER_H_

#include <functional>
#include <optional>
#include <string>

#include "target/target.h"

namespace hupstorm {

struct FuzzedServer {
  Target target;
  std::string mend = "none";  // what --mend must say for a replay
  // Looks at the executable's arguments before any input is run: gives the exit code if they
  // were a command of ours and have been carried out, nothing if they are the engine's.
  std::function<std::optional<int>(int argc, char** argv)> carry_out = nullptr;
};

// Defined by the fuzz target. Called once.
FuzzedServer MakeFuzzedServer();

}  // namespace hupstorm

#endif  // HUPSTORM_FUZZ_RUNTIME_FUZZED_SERVER_H_
