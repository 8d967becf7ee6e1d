// Makes a program that shows a difference as small as it can be while it shows it.

#ifndef HUPSTORM_TOOLS_CONFORM_SHRINKER_H_
#define HUPSTORM_TOOLS_CONFORM_SHRINKER_H_

#include "tools/conform/program.h"
#include "tools/conform/runner.h"

namespace hupstorm::conform {

struct Shrunk {
  Program program;
  Mismatch mismatch;
};

// `mismatch` is what `program` differs by: the smaller program differs by one of the same kind.
// Delta debugging over the operations, then over their sizes and flags.
Shrunk Shrink(Runner& runner, const Program& program, const Mismatch& mismatch);

}  // namespace hupstorm::conform

#endif  // HUPSTORM_TOOLS_CONFORM_SHRINKER_H_
