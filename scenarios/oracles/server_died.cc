#include "scenarios/oracles/all_oracles.h"
#include "scenarios/oracles/finding_list.h"
#include "scenarios/oracles/ledger.h"

namespace hupstorm {
namespace {

constexpr std::string_view kPage =
    R"(The server's process ended, and nobody had asked it to: an exception that nobody caught, a signal
(SIGPIPE, SIGSEGV, SIGABRT), exit, a sanitizer's report, or serve() that simply returned.

One client's fault became everybody's outage. The usual causes, in the order of how often they are seen:
  - recv or send fails with ECONNRESET or EPIPE and the error is not handled: close that connection, go on;
  - send to a closed connection raises SIGPIPE: ignore the signal, or pass MSG_NOSIGNAL;
  - accept fails (EMFILE, ENFILE, ECONNABORTED, ...): none of these says anything about the listener;
  - getpeername or shutdown fails with ENOTCONN, since a reset came between readiness and the call;
  - an event for a descriptor that was closed earlier in the same batch.
Any call on a connection can fail at any time, however ready it was a moment ago.)";

void Judge(Moment, const Ledger& ledger, FindingList& findings) {
  for (const Incident& death : ledger.deaths) {
    findings.Add("server-died", death.step, death.context, death.what);
  }
}

}  // namespace

const Oracle kServerDied = {"server-died",
                            "no crash, uncaught exception, exit, SIGPIPE or sanitizer report",
                            kPage, At(Moment::kIncident), Judge};

}  // namespace hupstorm
