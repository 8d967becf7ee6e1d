// The one list of tests that the simulated kernel is not held to.

#ifndef HUPSTORM_TESTS_KERNEL_CONFORMANCE_DIFFERENCES_H_
#define HUPSTORM_TESTS_KERNEL_CONFORMANCE_DIFFERENCES_H_

#include <span>
#include <string_view>

namespace hupstorm {

struct Difference {
  std::string_view test;    // "EpollEdgeTest.NewDataGivesAnotherEdge"
  std::string_view reason;  // what the simulation does instead, and why that is acceptable
};

std::span<const Difference> Differences();

// Null where the simulation must pass the test.
const Difference* FindDifference(std::string_view test);

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_KERNEL_CONFORMANCE_DIFFERENCES_H_
