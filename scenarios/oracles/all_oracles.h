// The oracles that oracles.cc makes a table of, and what they judge with. Only for the files that
// define them.

#ifndef HUPSTORM_SCENARIOS_ORACLES_ALL_ORACLES_H_
#define HUPSTORM_SCENARIOS_ORACLES_ALL_ORACLES_H_

#include "scenarios/oracles/finding_list.h"
#include "scenarios/oracles/ledger.h"
#include "scenarios/oracles/oracles.h"

namespace hupstorm {

extern const Oracle kServerDied;
extern const Oracle kCloseWaitLeak;
extern const Oracle kFdLeak;
extern const Oracle kBusyLoop;
extern const Oracle kLostBytes;
extern const Oracle kForeignBytes;
extern const Oracle kStalled;
extern const Oracle kHeadOfLineBlocking;
extern const Oracle kUnboundedQueue;
extern const Oracle kHeapLeak;
extern const Oracle kFdMisuse;
extern const Oracle kAcceptStopped;
extern const Oracle kTruncatedResponse;
extern const Oracle kShutdownHang;
extern const Oracle kDeadlock;
extern const Oracle kExpectation;

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_ORACLES_ALL_ORACLES_H_
