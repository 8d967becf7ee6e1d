// Makes random programs that are likely to do something: most calls are on descriptors of a kind
// that they are for, connections are made and accepted before they are used, and each program keeps
// to some kinds of actions and leaves others out, so that rare ones get to meet each other.

#ifndef HUPSTORM_CONFORM_GENERATOR_H_
#define HUPSTORM_CONFORM_GENERATOR_H_

#include <cstdint>
#include <span>

#include "conform/program.h"

namespace hupstorm::conform {

// Program number `index` of `seed`; always the same one.
Program Generate(uint64_t seed, uint64_t index);

// The program that these choices make, for fuzzers: any bytes make one, and it ends with them.
Program Generate(std::span<const uint8_t> bytes);

}  // namespace hupstorm::conform

#endif  // HUPSTORM_CONFORM_GENERATOR_H_
