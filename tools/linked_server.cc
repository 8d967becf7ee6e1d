// What hupstorm_add_server puts into a user's executable beside ServerUnderTest: the executable is
// the hupstorm command with that server as one more target, and a fuzz target for the engine that
// HUPSTORM_ENGINE names. Compiled with the user's project.

#include "tools/catalogue/linked_server.h"

#include <cstdlib>
#include <optional>

#include "fuzz/runtime/fuzzed_server.h"
#include "target/server_under_test.h"
#include "tools/command_line.h"

namespace hupstorm {
namespace {

// HasLinkedServer looks for it.
[[gnu::used]] const char mark[] = "hupstorm: a server under test is linked to this executable";

// libFuzzer takes flags (-runs=1), folders and files; AFL++ gives no argument at all.
std::optional<int> CarryOut(int argc, char** argv) {
  const bool is_afls = std::getenv("__AFL_SHM_ID") != nullptr;
  if (argc < 2 ? is_afls : !IsCommandLine(argv[1])) return std::nullopt;
  return RunHupstorm(argc, argv, nullptr);
}

}  // namespace

FuzzedServer MakeFuzzedServer() {
  SetLinkedServer(
      {.target = ServerUnderTest(), .engine = HUPSTORM_ENGINE, .libraries = HUPSTORM_LIBRARIES});
  return {.target = TheLinkedServer()->target, .carry_out = CarryOut};
}

}  // namespace hupstorm
