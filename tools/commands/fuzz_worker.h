// What afl-fuzz runs for `hupstorm fuzz --exec`, and what makes its findings small.

#ifndef HUPSTORM_TOOLS_COMMANDS_FUZZ_WORKER_H_
#define HUPSTORM_TOOLS_COMMANDS_FUZZ_WORKER_H_

#include <string>

#include "tools/fuzz/campaign_settings.h"
#include "tools/plan/choose_server.h"

namespace hupstorm {

// `hupstorm fuzz-worker DIR`, which no help tells of: DIR is the campaign's folder. afl-cmin,
// afl-tmin and afl-showmap can run it too.
inline constexpr char kFuzzWorker[] = "fuzz-worker";

// The server of a campaign of --exec.
ServerOptions ServerOf(const CampaignSettings& settings);

// Runs the inputs that afl-fuzz hands over until it is gone, or makes the finding small that
// HUPSTORM_SHRINK names. The environment is that of a fuzz target (fuzz/runtime/fuzzed_server.h).
// The exit code. Throws UsageError, FailedError and std::runtime_error.
int RunFuzzWorker(const std::string& folder);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_COMMANDS_FUZZ_WORKER_H_
