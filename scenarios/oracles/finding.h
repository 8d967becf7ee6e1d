// What an oracle reports.

#ifndef HUPSTORM_SCENARIOS_ORACLES_FINDING_H_
#define HUPSTORM_SCENARIOS_ORACLES_FINDING_H_

#include <string>

namespace hupstorm {

struct Finding {
  std::string oracle;       // "close-wait-leak"
  std::string target;       // "doc000/epoll-queue"
  std::string scenario;     // its name, or its file if it has none
  std::string file;         // as the scenario was given; empty if it came from bytes
  int line = 0;             // of the last step that was carried out before it showed; 0 before any
  int step = 0;             // the same as an index into Scenario::steps, from 1; 0 before any
  std::string evidence;     // one sentence: which client, what, how much
  std::string fingerprint;  // 16 hexadecimal digits: oracle, target and the server's calls that led
                            // to it; the same for the same bug whatever the input was
  // Of the server's threads, if it shows under one that the scenario does not name itself
  // (SchedulesWorld); 0 otherwise.
  uint32_t schedule = 0;
};

// That a scenario's own `expect` line was not met. If another oracle reports too, that one says
// why.
inline bool IsExpectation(const Finding& finding) { return finding.oracle == "expectation"; }

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_ORACLES_FINDING_H_
