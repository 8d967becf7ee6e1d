// The documents' interactive client: sends what is typed, prints what comes back.

#ifndef HUPSTORM_TOOLS_NETWORK_INTERACTIVE_CLIENT_H_
#define HUPSTORM_TOOLS_NETWORK_INTERACTIVE_CLIENT_H_

#include "tools/network/host_port.h"

namespace hupstorm {

// Talks until the server ends the connection. The end of standard input half-closes it; what the
// server still sends is printed. On a terminal it prompts for each line and marks what it received;
// else standard output gets the server's bytes and nothing more.
// Throws UsageError where nobody listens, FailedError where the connection breaks.
void TalkTo(const Endpoint& endpoint);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_NETWORK_INTERACTIVE_CLIENT_H_
