// A scenario in which every mutation has something to change.

#ifndef HUPSTORM_TESTS_SCENARIOS_MUTATOR_SAMPLE_H_
#define HUPSTORM_TESTS_SCENARIOS_MUTATOR_SAMPLE_H_

#include "scenarios/language/parse.h"
#include "scenarios/language/scenario.h"

namespace hupstorm {

inline Scenario Sample() {
  return ParseScenario(R"(server buffer send 4KiB
limit descriptors 5
fault recv short 1 times 3
fault send short 7 once
a connect
c[0..7] connect
at recv 2 of a: b connect
a send 64KiB
and c[0..7] send "GET / HTTP/1.0\r\n\r\n"
wait 30s
c[0..7] reset
at send 1: a reset
a close
)",
                       "sample");
}

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_SCENARIOS_MUTATOR_SAMPLE_H_
