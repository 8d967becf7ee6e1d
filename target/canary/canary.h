// The canary: a small echo server with one planted defect, which a fuzzer that works finds within
// seconds and random bytes do not. A fuzzer that reports nothing about it is broken.
//
// The defect takes five things in this order: a send to a client that leaves bytes behind, the
// client's half-close, a wait that is interrupted, input of another client, and a send to the first
// that again takes a part only. What is left then is dropped (oracle lost-bytes). Each is a branch
// of its own, so that coverage shows the way.

#ifndef HUPSTORM_TARGET_CANARY_CANARY_H_
#define HUPSTORM_TARGET_CANARY_CANARY_H_

#include "target/target.h"

namespace hupstorm {

// The target "canary".
Target CanaryTarget();

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_CANARY_CANARY_H_
