// The coverage that a program was built with, which leads a fuzzer better than its calls do.

#ifndef HUPSTORM_KERNEL_INSIDE_PROGRAM_EDGES_H_
#define HUPSTORM_KERNEL_INSIDE_PROGRAM_EDGES_H_

#include <cstdint>

namespace hupstorm::inside {

// Bytes of a fuzzer's map that the program fills in by itself, or that CountEdgesIn makes it fill
// in: a multiple of 64; 0 if it was not built with coverage. Known are
//   AFL++'s compilers     the program attaches the fuzzer's map before main (__AFL_SHM_ID)
//   clang's -fsanitize-coverage=inline-8bit-counters and trace-pc-guard
uint64_t CountEdges();

// From here on clang's coverage counts in `map`, of that many bytes.
void CountEdgesIn(uint8_t* map);
// A scenario is over: what clang's counters have come to is added to the map, and they begin anew.
void TakeEdgeCounts();

}  // namespace hupstorm::inside

#endif  // HUPSTORM_KERNEL_INSIDE_PROGRAM_EDGES_H_
