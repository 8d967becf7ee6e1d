// What fuzzers call.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "fuzz/runtime/fuzzed_server.h"
#include "scenarios/campaign/server_fuzzer.h"
#include "scenarios/language/fit.h"
#include "scenarios/mutator/fuzzed_protocol.h"
#include "scenarios/worlds/simulated_world.h"

namespace {

const hupstorm::FuzzedServer& Server() {
  static const hupstorm::FuzzedServer server = hupstorm::MakeFuzzedServer();
  return server;
}

hupstorm::ServerFuzzer& Fuzzer() {
  static hupstorm::SimulatedWorld world;
  static hupstorm::ServerFuzzer fuzzer(Server().target, Server().mend, world);
  return fuzzer;
}

}  // namespace

hupstorm::Protocol hupstorm::FuzzedProtocol() { return WrittenFor(Server().target); }

// The environment is looked at before the first input, so that a mistake in it is no crash.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  constexpr int kBadUsage = 2;
  try {
    hupstorm::ServerFuzzer& fuzzer = Fuzzer();
    if (const char* bytes_file = std::getenv("HUPSTORM_SHRINK")) {
      fuzzer.Shrink(bytes_file);
      std::_Exit(0);
    }
    if (Server().carry_out) {
      if (const auto exit_code = Server().carry_out(*argc, *argv)) std::exit(*exit_code);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hupstorm: %s\n", error.what());
    std::_Exit(kBadUsage);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Fuzzer().RunOne({data, size});
  return 0;
}
