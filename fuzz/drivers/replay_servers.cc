// All fuzzed servers in one executable, if there is no fuzzer: it is started by the name of the
// fuzz target that it is to be, fuzz_doc001_poll. The build says HUPSTORM_FUZZED_SERVERS, a list of
// ENTRY(NAME), and renames the MakeFuzzedServer of each to MakeFuzzed_NAME.

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "fuzz/runtime/fuzzed_server.h"

namespace hupstorm {

#define ENTRY(name) FuzzedServer MakeFuzzed_##name();
HUPSTORM_FUZZED_SERVERS
#undef ENTRY

FuzzedServer MakeFuzzedServer() {
  const std::string_view started_as = program_invocation_short_name;
#define ENTRY(name) \
  if (started_as == "fuzz_" #name) return MakeFuzzed_##name();
  HUPSTORM_FUZZED_SERVERS
#undef ENTRY
  std::fprintf(stderr, "start this by the name of a fuzz target, such as fuzz_canary\n");
  std::exit(2);
}

}  // namespace hupstorm
