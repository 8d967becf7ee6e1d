// The world that a test runs in. Tests of what both worlds must do are written once and built
// twice: for the simulated world, and for loopback where HUPSTORM_TEST_ON_LINUX is defined.

#ifndef HUPSTORM_TESTS_SCENARIOS_WORLD_UNDER_TEST_H_
#define HUPSTORM_TESTS_SCENARIOS_WORLD_UNDER_TEST_H_

#ifdef HUPSTORM_TEST_ON_LINUX

#include "scenarios/worlds/loopback_world.h"

namespace hupstorm {
using WorldUnderTest = LoopbackWorld;
}

#else

#include "scenarios/worlds/simulated_world.h"

namespace hupstorm {
using WorldUnderTest = SimulatedWorld;
}

#endif

#endif  // HUPSTORM_TESTS_SCENARIOS_WORLD_UNDER_TEST_H_
