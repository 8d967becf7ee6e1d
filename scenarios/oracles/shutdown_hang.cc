#include <fmt/format.h>

#include "scenarios/oracles/all_oracles.h"

namespace hupstorm {
namespace {

constexpr std::string_view kPage =
    R"(The server installs a handler for SIGTERM, got the signal, and did not end within 30 s of the clock, nor,
on Linux, after it had slept for 5 s of real time (half a second in a state in which it has slept for 5 s before); or
serve() returned and left descriptors open.

The usual causes: the handler sets a flag while the loop sleeps, and nothing wakes it (use a self-pipe, eventfd, signalfd or
epoll_pwait); EINTR is retried without looking at the flag; the server waits for clients that never finish.
A server without a handler is ended by the signal itself: that is not judged.)";

void Judge(Moment, const Ledger& ledger, FindingList& findings) {
  if (ledger.dead) return;
  if (ledger.stop_ignored) {
    findings.Add("shutdown-hang", 0, 0, "asked to stop by SIGTERM, the server goes on",
                 ledger.calls.Last(CallFamily::kWait));
  } else if (ledger.stopped && ledger.descriptors_now > 0) {
    findings.Add("shutdown-hang", 0, 1,
                 fmt::format("the server has stopped and left {} open", ledger.descriptors_left),
                 /*call=*/0);
  }
}

}  // namespace

const Oracle kShutdownHang = {"shutdown-hang",
                              "a server that was asked to stop does, leaving nothing open",
                              kPage,
                              Effect::kEndsDifferently,
                              At(Moment::kStopped),
                              Judge};

}  // namespace hupstorm
