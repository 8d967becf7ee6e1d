// The documents' interactive client: sends what is typed, prints what comes back.

#ifndef HUPSTORM_TOOLS_NETWORK_INTERACTIVE_CLIENT_H_
#define HUPSTORM_TOOLS_NETWORK_INTERACTIVE_CLIENT_H_

#include <sys/socket.h>

#include <string>

namespace hupstorm {

// Talks until the server ends the connection. The end of standard input half-closes it; what the
// server still sends is printed. On a terminal it prompts for each line and marks what it received;
// else standard output gets the server's bytes and nothing more.
// `name`: the server, for messages. Throws UsageError if the server does not listen, FailedError if
// the connection breaks.
void TalkTo(const std::string& name, const sockaddr_storage& server);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_NETWORK_INTERACTIVE_CLIENT_H_
