// Scenario to bytes and back, for fuzzers. Every byte string decodes to a scenario without
// expectations, and every scenario without expectations encodes to bytes that decode to it.

#ifndef HUPSTORM_SCENARIOS_LANGUAGE_BYTES_H_
#define HUPSTORM_SCENARIOS_LANGUAGE_BYTES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "scenarios/language/scenario.h"

namespace hupstorm {

// Never fails. Reuses what `scenario` has allocated. Common steps take 1 to 3 bytes, so that short
// inputs say much and a flipped bit changes one thing.
void DecodeScenario(std::span<const uint8_t> bytes, Scenario& scenario);
Scenario DecodeScenario(std::span<const uint8_t> bytes);

// Leaves out expectations.
std::vector<uint8_t> EncodeScenario(const Scenario& scenario);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_LANGUAGE_BYTES_H_
