// Makes a program that shows a difference as small as it can be while it shows it.

#ifndef HUPSTORM_CONFORM_SHRINKER_H_
#define HUPSTORM_CONFORM_SHRINKER_H_

#include <vector>

#include "conform/program.h"
#include "conform/runner.h"

namespace hupstorm::conform {

// What an operation gave on Linux.
struct Step {
  bool made = false;  // false: it was left out
  Outcome host;
  std::vector<Seen> readiness;
};

struct Shrunk {
  Program program;
  Mismatch mismatch;
  std::vector<Step> steps = {};  // by operation; of those before the mismatch
};

// `mismatch` is what `program` differs by: the smaller program differs by one of the same kind.
// Delta debugging over the operations, then over their sizes and flags.
Shrunk Shrink(Runner& runner, const Program& program, const Mismatch& mismatch);

}  // namespace hupstorm::conform

#endif  // HUPSTORM_CONFORM_SHRINKER_H_
