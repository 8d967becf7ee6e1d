// Whether a server that is not ours speaks what it is said to speak, found out by talking to it
// before anything is judged: one message to the user, in place of dozens of findings.

#ifndef HUPSTORM_TOOLS_NETWORK_PROTOCOL_PROBE_H_
#define HUPSTORM_TOOLS_NETWORK_PROTOCOL_PROBE_H_

#include <sys/socket.h>

#include "target/target.h"

namespace hupstorm {

// Throws UsageError if the server at `address` speaks another protocol than `target` says; it says
// which, and what to do. One that says nothing, cuts its answer short, garbles it or dies may be
// what it is said to be, with a bug: that is for the oracles. Takes a few milliseconds of a server
// that answers, and some seconds of one that does not.
void RequireProtocol(const sockaddr_storage& address, const Target& target);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_NETWORK_PROTOCOL_PROBE_H_
