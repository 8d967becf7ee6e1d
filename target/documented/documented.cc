#include "target/documented/documented.h"

#include <algorithm>
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

std::optional<MendSet> MendsFromText(DocumentedServer server, std::string_view text) {
  constexpr std::string_view kAllBut = "all-but=";
  if (text == "none") return NoMends(server);
  if (text == "all") return AllMends(server);
  if (!text.starts_with(kAllBut)) return std::nullopt;
  MendSet mends = AllMends(server);
  for (text.remove_prefix(kAllBut.size());;) {
    const size_t comma = text.find(',');
    const std::string_view name = text.substr(0, comma);
    const auto defects = Defects();
    const auto left = std::find_if(defects.begin(), defects.end(), [&](const Defect& defect) {
      return defect.server == server && (defect.name == name || defect.full_name == name);
    });
    if (left == defects.end()) return std::nullopt;
    mends = mends.Without(left->mend);
    if (comma == std::string_view::npos) return mends;
    text.remove_prefix(comma + 1);
  }
}

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
