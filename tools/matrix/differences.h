// Where Linux and the simulation report a defect by different oracles, and why that may be.

#ifndef HUPSTORM_TOOLS_MATRIX_DIFFERENCES_H_
#define HUPSTORM_TOOLS_MATRIX_DIFFERENCES_H_

#include <span>
#include <string_view>
#include <vector>

#include "tools/matrix/matrix.h"

namespace hupstorm {

// One that is known, with its reason.
struct DeclaredDifference {
  std::string_view defect;  // its full name
  std::string_view oracle;
  bool on_loopback = false;  // whether it reports there, and not in the simulation
  std::string_view reason;
};

// The one list.
std::span<const DeclaredDifference> DeclaredDifferences();

// Writes into the rows of `loopback` by which oracles they differ from the same rows of a
// simulated matrix over the same scenarios.
void Compare(const Matrix& simulated, Matrix& loopback,
             std::span<const DeclaredDifference> declared = DeclaredDifferences());

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_MATRIX_DIFFERENCES_H_
