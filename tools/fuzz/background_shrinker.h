// Makes the findings of a campaign small while it goes on: one after another, in a process each,
// since the server that is tried may crash or hang.

#ifndef HUPSTORM_TOOLS_FUZZ_BACKGROUND_SHRINKER_H_
#define HUPSTORM_TOOLS_FUZZ_BACKGROUND_SHRINKER_H_

#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/campaign/finding_store.h"
#include "tools/fuzz/program_call.h"

namespace hupstorm {

class BackgroundShrinker {
 public:
  // `target`: the fuzz target with its arguments, which shrinks what HUPSTORM_SHRINK names;
  // `environment` is what else it needs. `on_done` is called when a finding's .scn is there.
  BackgroundShrinker(std::vector<std::string> target, std::vector<std::string> environment,
                     std::filesystem::path log, std::function<void(const StoredFinding&)> on_done);

  void Add(const StoredFinding& finding) { waiting_.push_back(finding); }
  // Ends what is over and begins the next; to be called now and then. Throws FailedError if a
  // scenario cannot be written.
  void Tick();
  bool IsIdle() const { return waiting_.empty() && !process_; }
  size_t left() const { return waiting_.size() + (process_ ? 1 : 0); }

 private:
  using Clock = std::chrono::steady_clock;

  void Finish();

  std::vector<std::string> target_;
  std::vector<std::string> environment_;
  std::filesystem::path log_;
  std::function<void(const StoredFinding&)> on_done_;
  std::deque<StoredFinding> waiting_;  // the first is being shrunk if there is a process
  std::optional<ChildProcess> process_;
  Clock::time_point deadline_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_FUZZ_BACKGROUND_SHRINKER_H_
