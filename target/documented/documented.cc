#include "target/documented/documented.h"

#include <algorithm>
#include <array>

namespace hupstorm {
namespace {

// In the order of DocumentedServer.
constexpr std::array<std::string_view, kDocumentedServerCount> kNames = {
    "doc000/epoll-queue", "doc001/select", "doc001/poll", "doc002/epoll-ack", "doc003/epoll-http"};

constexpr std::array<std::string_view, kDocumentedServerCount> kSources = {
    "epoll_queue.cc", "select_queue.cc", "poll_queue.cc", "epoll_ack.cc", "epoll_http.cc"};

}  // namespace

const Defect* FindDefect(std::string_view full_name) {
  for (const Defect& defect : Defects()) {
    if (defect.full_name == full_name) return &defect;
  }
  return nullptr;
}

std::string_view NameOf(DocumentedServer server) { return kNames.at(static_cast<size_t>(server)); }

std::string_view SourceOf(DocumentedServer server) {
  return kSources.at(static_cast<size_t>(server));
}

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

}  // namespace hupstorm
