#include "target/documented/documented.h"

#include <array>
#include <string>

#include "target/documented/mending.h"
#include "target/documented/servers.h"

namespace hupstorm {
namespace {

struct ServerFacts {
  std::string_view name;
  Protocol protocol;
  // doc002 and doc003 print no line that names one client: doc002 lists them all, doc003 none.
  bool log_names_client;
  void (*serve)(MendSet mends, uint16_t port);
};

// In the order of DocumentedServer.
constexpr std::array<ServerFacts, kDocumentedServerCount> kServers = {{
    {"doc000/epoll-queue", Protocol::kEcho, true, ServeEpollQueue},
    {"doc001/select", Protocol::kEcho, true, ServeSelectQueue},
    {"doc001/poll", Protocol::kEcho, true, ServePollQueue},
    {"doc002/epoll-ack", Protocol::kAck, false, ServeEpollAck},
    {"doc003/epoll-http", Protocol::kHttp, false, ServeEpollHttp},
}};

const ServerFacts& FactsOf(DocumentedServer server) {
  return kServers.at(static_cast<size_t>(server));
}

}  // namespace

const Defect* FindDefect(std::string_view full_name) {
  for (const Defect& defect : Defects()) {
    if (defect.full_name == full_name) return &defect;
  }
  return nullptr;
}

std::string_view NameOf(DocumentedServer server) { return FactsOf(server).name; }

MendSet NoMends(DocumentedServer server) {
  MendSet mends;
  for (const Defect& defect : Defects()) {
    if (defect.server == server && defect.mended_by_default) mends = mends.With(defect.mend);
  }
  return mends;
}

MendSet AllMends(DocumentedServer server) {
  MendSet mends;
  for (const Defect& defect : Defects()) {
    if (defect.server == server) mends = mends.With(defect.mend);
  }
  return mends;
}

MendSet AllBut(const Defect& defect) { return AllMends(defect.server).Without(defect.mend); }

Target DocumentedTarget(DocumentedServer server, MendSet mends) {
  const ServerFacts& facts = FactsOf(server);
  Target target;
  target.name = std::string(facts.name);
  target.protocol = facts.protocol;
  target.queue_bound = 2 * kQueueBound;
  target.log_names_client = facts.log_names_client;
  target.serve = [serve = facts.serve, mends](uint16_t port) { serve(mends, port); };
  return target;
}

}  // namespace hupstorm
