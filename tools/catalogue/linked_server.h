// A user's server that is linked to this executable (target/server_under_test.h): one more target.

#ifndef HUPSTORM_TOOLS_CATALOGUE_LINKED_SERVER_H_
#define HUPSTORM_TOOLS_CATALOGUE_LINKED_SERVER_H_

#include <optional>
#include <string>

#include "target/target.h"

namespace hupstorm {

struct LinkedServer {
  Target target;
  std::string engine;     // "libfuzzer", "afl": what else the executable is; "replay" for neither
  std::string libraries;  // the folder in which hupstorm is installed
};

// At most once, before any command runs. Throws std::runtime_error for a target without a name or
// without `serve`, for a name that a target has already, and for kExpect without an exchange.
void SetLinkedServer(LinkedServer server);

// Null if there is none, as in the plain command.
const LinkedServer* TheLinkedServer();

// Whether the file is an executable that hupstorm_add_server has made. False if it cannot be
// read.
bool HasLinkedServer(const std::string& executable);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CATALOGUE_LINKED_SERVER_H_
