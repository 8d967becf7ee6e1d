// What an oracle reports.

#ifndef HUPSTORM_SCENARIOS_ORACLES_FINDING_H_
#define HUPSTORM_SCENARIOS_ORACLES_FINDING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/stacks/place.h"
#include "scenarios/oracles/call_record.h"
#include "scenarios/oracles/severity.h"

namespace hupstorm {

// Which disturbances of its scenario a bug takes (scenarios/shrink/disturbances.h).
struct Needs {
  struct Need {
    std::string what;        // "a half-closes"
    int line = 0;            // of the scenario
    std::string place = {};  // "connection.cc:22", if the call that is to blame met it
  };
  bool looked = false;            // false: all the rest is empty
  std::string scenario;           // in which they were taken away; a short one
  std::vector<Need> all;          // without each of which it does not show
  std::vector<Need> any;          // of which it takes one more, whichever
  bool takes_more = false;        // it takes several of the others at a time
  std::string not_known_because;  // empty if it is known
};

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
  Severity severity = Severity::kHigh;
  // The call of the server's that is to blame, by its number in the run (CallRecord), and how it
  // ended: "recv returned 0, the end of input"; 0 and empty if that is not known.
  uint64_t call = 0;
  std::string cause;
  Ending ending = Ending::kDone;  // of that call
  uint64_t failure = 0;           // MadeCall::failure
  // Where it is made, and the bug that this shows, 16 hexadecimal digits: the same for all findings
  // with one place and one ending. Told by who reports findings (BugNamer).
  Place place = {};
  std::string bug = {};
  Needs needs = {};  // of the bug; told by who reports findings (FindNeeds)
  // Of the server's threads, if it shows under one that the scenario does not name itself
  // (SchedulesWorld); 0 otherwise.
  uint32_t schedule = 0;

  // What is known of the call from another run that showed the same.
  void TakeBlame(const Finding& same) {
    call = same.call;
    cause = same.cause;
    ending = same.ending;
    failure = same.failure;
    place = same.place;
    bug = same.bug;
  }
};

// The bug that it shows; its fingerprint if nobody has looked for the place.
inline const std::string& BugOf(const Finding& finding) {
  return finding.bug.empty() ? finding.fingerprint : finding.bug;
}

// That a scenario's own `expect` line was not met. If another oracle reports too, that one says
// why.
inline bool IsExpectation(const Finding& finding) { return finding.oracle == "expectation"; }

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_ORACLES_FINDING_H_
