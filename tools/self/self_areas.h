// What hupstorm's own gate asks besides: that its oracles catch the known defects and nothing else,
// and that its simulated kernel does as Linux does.

#ifndef HUPSTORM_TOOLS_SELF_SELF_AREAS_H_
#define HUPSTORM_TOOLS_SELF_SELF_AREAS_H_

#include <vector>

#include "tools/gate/gate.h"

namespace hupstorm {

// "suite-linux", the references against the suite in the loopback world; "matrix", a case for each
// defect and each server that must be clean; "conformance", as `hupstorm conform`. With the gate's
// program, seed, timeout and number of workers.
std::vector<SelfArea> SelfAreas(const GateSettings& gate);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_SELF_SELF_AREAS_H_
