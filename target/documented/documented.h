// The five servers of the documents, as targets: as written, mended, or anything in between; and
// the catalogue of their defects.

#ifndef HUPSTORM_TARGET_DOCUMENTED_DOCUMENTED_H_
#define HUPSTORM_TARGET_DOCUMENTED_DOCUMENTED_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "target/documented/mend_set.h"
#include "target/target.h"

namespace hupstorm {

enum class DocumentedServer : uint8_t {
  kEpollQueue,   // doc000/epoll-queue
  kSelectQueue,  // doc001/select
  kPollQueue,    // doc001/poll
  kEpollAck,     // doc002/epoll-ack
  kEpollHttp,    // doc003/epoll-http
};
inline constexpr int kDocumentedServerCount = 5;

// A statement of a server's source, by a text on one of its lines.
struct Statement {
  std::string_view function = {};  // "ReadFrom"; empty: none
  std::string_view text = {};
};

// One defect of one server, in words for people and in names for programs.
struct Defect {
  DocumentedServer server = DocumentedServer::kEpollQueue;
  Mend mend = Mend::kFinIgnored;
  std::string_view name = {};            // "fin-ignored"
  std::string_view full_name = {};       // "doc000/epoll-queue/fin-ignored"
  std::string_view document_lines = {};  // the document's own lines, quoted
  std::string_view wrote = {};           // what the document does
  std::string_view goes_wrong = {};      // what follows from it
  std::string_view how_to_mend = {};
  std::string_view trigger = {};                    // what a client must do
  std::span<const std::string_view> expected = {};  // names of the oracles that may report it
  // Where it is: what its bug may be said to be at. The rest of the array is empty.
  std::array<Statement, 4> places = {};
  bool mended_by_default = false;  // the document itself corrects it
  bool main = false;               // shows on the server as written: no other defect is in its way
  bool reachable = true;           // Linux can produce it
  std::string_view evidence = {};  // how it is known
};

// All of them: servers in the order of the enum, their defects in a fixed order.
std::span<const Defect> Defects();

// By full name; null for an unknown one.
const Defect* FindDefect(std::string_view full_name);

std::string_view NameOf(DocumentedServer server);    // "doc000/epoll-queue"
std::string_view SourceOf(DocumentedServer server);  // "epoll_queue.cc", in this folder

MendSet NoMends(DocumentedServer server);   // the server as its document wrote it
MendSet AllMends(DocumentedServer server);  // a correct server
MendSet AllBut(const Defect& defect);       // all mends of its server but its own: it alone is left

// "none", "all", or "all-but=DEFECT[,DEFECT]" with or without the server's name before each defect.
// Nothing for any other text, and for a defect that the server does not have.
std::optional<MendSet> MendsFromText(DocumentedServer server, std::string_view text);

// The server with these mends; mends of defects that it doesn't have are without effect. The target
// bears the server's name, whatever the mends.
Target DocumentedTarget(DocumentedServer server, MendSet mends);

// A request without a blank line in this many bytes is refused by doc003/epoll-http, where
// unbounded-request is mended: the connection ends without a response.
inline constexpr size_t kDocumentedRequestLimit = 16 * 1024;

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_DOCUMENTED_DOCUMENTED_H_
