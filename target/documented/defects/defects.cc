#include <array>
#include <deque>
#include <string>
#include <vector>

#include "target/documented/defects/tables.h"

namespace hupstorm {
namespace {

// The oracles that may report a defect.
constexpr std::string_view kServerDied[] = {"server-died"};
constexpr std::string_view kLostBytes[] = {"lost-bytes"};
constexpr std::string_view kHeapLeak[] = {"heap-leak"};
constexpr std::string_view kForeignBytes[] = {"foreign-bytes"};
constexpr std::string_view kUnboundedQueue[] = {"unbounded-queue"};
constexpr std::string_view kIgnoredFin[] = {"close-wait-leak", "busy-loop", "fd-leak"};
constexpr std::string_view kLateUnregister[] = {"fd-misuse", "server-died"};
constexpr std::string_view kWrongPop[] = {"lost-bytes", "server-died"};
constexpr std::string_view kBlocking[] = {"head-of-line-blocking"};
constexpr std::string_view kTruncatedResponse[] = {"truncated-response"};

// In the order of Mend: a defect's name, the oracles, and what several servers' tables would say in
// the same words. A row of theirs that says it otherwise counts.
constexpr std::array<Defect, kMendCount> kShared = {{
    {.name = "fin-ignored", .expected = kIgnoredFin},
    {.name = "hup-keeps-queue", .expected = kHeapLeak},
    {.name = "reset-kills-server",
     .wrote = "Errors of recv and send are not caught.",
     .goes_wrong = "One client's reset ends the process.",
     .how_to_mend = "Catch OSError around both calls: EAGAIN means not now, anything else about "
                    "the connection means that this one is over.",
     .trigger = "A client resets its connection.",
     .expected = kServerDied},
    {.name = "getpeername-kills-server",
     .wrote = "Log lines ask for the peer's address.",
     .goes_wrong = "Bytes that came before a reset can still be read, but getpeername fails with "
                   "ENOTCONN: the log line ends the process.",
     .how_to_mend = "Remember the address that accept returned, and log that.",
     .trigger = "Send and reset.",
     .expected = kServerDied},
    {.name = "short-send-drops",
     .wrote = "The count that send returns is ignored.",
     .goes_wrong = "What the kernel did not take is lost. Where it takes nothing (EAGAIN), the "
                   "exception ends the process.",
     .how_to_mend = "Put next_msg[sent:] back to the front of the queue; all of it at EAGAIN.",
     .trigger = "A slow reader or memory pressure makes a send short.",
     .expected = kLostBytes},
    {.name = "accept-error-kills",
     .wrote = "Errors of accept are not caught.",
     .goes_wrong = "One EMFILE, or one connection aborted in the queue, ends the process.",
     .how_to_mend =
         "Catch OSError. At EMFILE, ENFILE, ENOBUFS and ENOMEM stop watching the listener until a "
         "connection closes or half a second has passed; otherwise go on.",
     .trigger = "More clients than descriptors; a connection aborted before accept.",
     .expected = kServerDied},
    {.name = "foreign-log-line",
     .goes_wrong = "The log says that a client left who is still there.",
     .how_to_mend = "Log the address of s.",
     .trigger = "Two clients; the one that came first closes.",
     .expected = kForeignBytes},
    {.name = "closed-still-writable", .expected = kServerDied},
    {.name = "half-close-drops-queue",
     .wrote = "At the end of a client's input its connection is closed, with its queue unsent.",
     .goes_wrong = "A client that half-closes and then reads does not get all of its bytes.",
     .trigger = "Send, half-close, then read.",
     .expected = kLostBytes},
    {.name = "fd-setsize", .expected = kServerDied},
    {.name = "unbounded-queue", .expected = kUnboundedQueue},
    {.name = "urgent-data-closes", .expected = kLostBytes},
    {.name = "exceptional-after-close", .expected = kServerDied},
    {.name = "urgent-data-kills", .expected = kServerDied},
    {.name = "input-starves-output", .expected = kUnboundedQueue},
    {.name = "close-keeps-fd-map", .expected = kHeapLeak},
    {.name = "unregister-after-close", .expected = kLateUnregister},
    {.name = "popitem-removes-wrong-client", .expected = kWrongPop},
    {.name = "blocking-client-socket", .expected = kBlocking},
    {.name = "split-utf8-kills", .expected = kServerDied},
    {.name = "close-keeps-connection-state", .expected = kHeapLeak},
    {.name = "hup-keeps-request-state", .expected = kHeapLeak},
    {.name = "bad-log-kills-server", .expected = kServerDied},
    {.name = "non-utf8-request-kills", .expected = kServerDied},
    {.name = "unread-input-resets-response", .expected = kTruncatedResponse},
    {.name = "unbounded-request", .expected = kUnboundedQueue},
}};

// A row of `server`'s table, with what it leaves out. Its full name goes to `names`.
Defect Complete(Defect defect, DocumentedServer server, std::deque<std::string>& names) {
  const Defect& shared = kShared.at(static_cast<size_t>(defect.mend));
  defect.server = server;
  defect.name = shared.name;
  defect.full_name =
      names.emplace_back(std::string(NameOf(server)) + "/" + std::string(shared.name));
  defect.expected = shared.expected;
  for (std::string_view Defect::*const text :
       {&Defect::wrote, &Defect::goes_wrong, &Defect::how_to_mend, &Defect::trigger}) {
    if ((defect.*text).empty()) defect.*text = shared.*text;
  }
  return defect;
}

}  // namespace

std::span<const Defect> Defects() {
  static std::deque<std::string> names;
  static const std::vector<Defect> all = [] {
    // In the order of DocumentedServer.
    const std::array<std::span<const Defect>, kDocumentedServerCount> tables = {
        EpollQueueDefects(), SelectQueueDefects(), PollQueueDefects(), EpollAckDefects(),
        EpollHttpDefects()};
    std::vector<Defect> defects;
    for (size_t server = 0; server < tables.size(); ++server) {
      for (const Defect& row : tables[server]) {
        defects.push_back(Complete(row, static_cast<DocumentedServer>(server), names));
      }
    }
    return defects;
  }();
  return all;
}

}  // namespace hupstorm
