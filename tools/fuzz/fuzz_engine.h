// A fuzzer as a campaign sees it: how its workers are started, what they report, and where they
// keep the inputs that crashed the target.

#ifndef HUPSTORM_TOOLS_FUZZ_FUZZ_ENGINE_H_
#define HUPSTORM_TOOLS_FUZZ_FUZZ_ENGINE_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/fuzz/campaign_settings.h"
#include "tools/fuzz/program_call.h"

namespace hupstorm {

// What an engine calls coverage: libFuzzer's counters ("cov"), AFL++'s edges found. Of the worker
// that has most.
struct EngineFigures {
  uint64_t coverage = 0;
  uint64_t corpus = 0;  // inputs
};

class FuzzEngine {
 public:
  virtual ~FuzzEngine() = default;
  // Makes the folders and files that workers need. Throws FailedError.
  virtual void Prepare() = 0;
  virtual ProgramCall WorkerCall(int worker) const = 0;
  // What the workers have said by now.
  virtual EngineFigures Figures() = 0;
  // Inputs that crashed the target, hung it, or took too much memory; sorted.
  virtual std::vector<std::filesystem::path> Crashes() const = 0;
  // A worker that ended so met such an input, and is to be started again.
  virtual bool HasCrashed(int status) const = 0;
  // A worker that ended so was asked to, or has done all that its flags say.
  virtual bool IsDone(int status) const = 0;
};

// `executable`: the fuzz target, built for that engine; `target`: the same with its arguments. What
// it is given must outlive the engine.
std::unique_ptr<FuzzEngine> MakeLibFuzzer(const CampaignSettings& settings,
                                          const CampaignFolder& folder,
                                          const std::filesystem::path& executable);
std::unique_ptr<FuzzEngine> MakeAfl(const CampaignSettings& settings, const CampaignFolder& folder,
                                    const std::vector<std::string>& target);

// The largest input that fuzzers make, in bytes, unless their flags say otherwise: some hundred
// steps.
inline constexpr int kLargestInput = 256;
// Seconds that an input may take before an engine calls it a hang.
inline constexpr int kInputTimeout = 10;

// Files in `folder` whose names begin with one of `prefixes`, sorted; none if there is no
// folder.
std::vector<std::filesystem::path> FilesNamed(const std::filesystem::path& folder,
                                              const std::vector<std::string_view>& prefixes);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_FUZZ_FUZZ_ENGINE_H_
