// The smallest scenario that shows a finding, run in a process of its own.

#ifndef HUPSTORM_TOOLS_SHRINK_FINDING_SHRINKER_H_
#define HUPSTORM_TOOLS_SHRINK_FINDING_SHRINKER_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/shrink/shrink.h"
#include "tools/isolation/serial_runner.h"

namespace hupstorm {

struct ShrunkFinding {
  std::string text;   // of the scenario, to be kept: its title says what it shows
  Scenario scenario;  // the same, parsed
  Finding finding;    // as it shows in that
  size_t runs = 0;
  bool cut_off = false;  // by a bound: it might get smaller still
};

class FindingShrinker {
 public:
  struct Options {
    IsolationOptions isolation;
    // Two runs of a scenario give the same, as in the simulated world. Otherwise a finding must
    // show twice to be believed, and has three tries to show once.
    bool is_repeatable = true;
    // Whether a scenario can be run here at all; null for all.
    std::function<bool(const Scenario&)> can_run = nullptr;
    // A server without defects. If it does not meet a scenario's expectations, the scenario is
    // wrong, and says nothing about another server.
    struct Correct {
      Target target;
      WorldMaker make_world;
    };
    std::optional<Correct> correct = std::nullopt;
  };

  // `target` must outlive the object. Here and below: throws as SerialRunner does.
  FindingShrinker(const Target& target, Options options);

  // What `scenario` shows, as soon as `enough` holds for it, or in the last of its tries.
  using Enough = std::function<bool(const std::vector<Finding>&)>;
  std::vector<Finding> Run(const Scenario& scenario, const Enough& enough);

  // `finding` is one that `scenario` showed: the smaller one has the same fingerprint. Nothing
  // if it does not show again.
  std::optional<ShrunkFinding> Shrink(const Scenario& scenario, const Finding& finding,
                                      const ShrinkOptions& bounds);

 private:
  std::optional<Finding> RunUntil(const Scenario& scenario, std::string_view fingerprint);
  bool Shows(const Scenario& scenario, std::string_view fingerprint);
  bool IsMetByCorrect(const Scenario& scenario);  // what it expects

  Options options_;
  SerialRunner runner_;
  std::optional<SerialRunner> correct_runner_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_SHRINK_FINDING_SHRINKER_H_
