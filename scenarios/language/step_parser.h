// The tokens of one line to a step.

#ifndef HUPSTORM_SCENARIOS_LANGUAGE_STEP_PARSER_H_
#define HUPSTORM_SCENARIOS_LANGUAGE_STEP_PARSER_H_

#include <cstdint>

#include "scenarios/language/scenario.h"
#include "scenarios/language/token_reader.h"

namespace hupstorm {

// What stands before a step: "and" needs a step to join.
enum class Before : uint8_t { kNothing, kStep, kExpectation };

// Reads a step up to the end of the line.
Step ParseStep(TokenReader& reader, Before before);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_LANGUAGE_STEP_PARSER_H_
