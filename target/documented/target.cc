// The servers as targets. In a file of its own, so that the catalogue of defects can be linked
// without the servers.

#include <array>
#include <string>

#include "target/documented/documented.h"
#include "target/documented/mending.h"
#include "target/documented/servers.h"

namespace hupstorm {
namespace {

struct ServerFacts {
  Protocol protocol;
  // doc002 and doc003 print no line that names one client: doc002 lists them all, doc003 none.
  bool log_names_client;
  void (*serve)(MendSet mends, uint16_t port);
};

// In the order of DocumentedServer.
constexpr std::array<ServerFacts, kDocumentedServerCount> kServers = {{
    {Protocol::kEcho, true, python::ServeEpollQueue},
    {Protocol::kEcho, true, python::ServeSelectQueue},
    {Protocol::kEcho, true, python::ServePollQueue},
    {Protocol::kAck, false, python::ServeEpollAck},
    {Protocol::kHttp, false, python::ServeEpollHttp},
}};

}  // namespace

Target DocumentedTarget(DocumentedServer server, MendSet mends) {
  const ServerFacts& facts = kServers.at(static_cast<size_t>(server));
  Target target;
  target.name = std::string(NameOf(server));
  target.protocol = facts.protocol;
  target.queue_bound = 2 * kQueueBound;
  target.log_names_client = facts.log_names_client;
  // What stands for Python's own, and what its callers are mended with.
  target.libraries = {"target/documented/python/", "target/documented/mending.cc"};
  target.serve = [serve = facts.serve, mends](uint16_t port) { serve(mends, port); };
  return target;
}

}  // namespace hupstorm
