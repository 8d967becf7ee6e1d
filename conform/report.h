// A difference as text: for people, and as a test to paste.

#ifndef HUPSTORM_CONFORM_REPORT_H_
#define HUPSTORM_CONFORM_REPORT_H_

#include <string>

#include "conform/shrinker.h"

namespace hupstorm::conform {

// The program, a call a line.
std::string ProgramText(const Program& program);

// The program, a call a line, and what each kernel gave at its end.
std::string FindingText(const Shrunk& shrunk);

// The program as a test for tests/kernel/conformance, which expects what Linux gave.
std::string TestSource(const Shrunk& shrunk);

}  // namespace hupstorm::conform

#endif  // HUPSTORM_CONFORM_REPORT_H_
