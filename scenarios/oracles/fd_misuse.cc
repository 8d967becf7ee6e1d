#include "scenarios/oracles/all_oracles.h"
#include "scenarios/oracles/finding_list.h"
#include "scenarios/oracles/ledger.h"

namespace hupstorm {
namespace {

constexpr std::string_view kPage =
    R"(A call on a descriptor that is not the server's (any more): EBADF, a second close, an epoll_ctl on a
number that was closed. It looks harmless as long as the number is free. Once accept gives the number out again, the same
call hits another client's connection.

Close a descriptor at one place only, forget the number there, and take it out of epoll before that, not after.)";

void Judge(Moment, const Ledger& ledger, FindingList& findings) {
  for (const Incident& misuse : ledger.misuses) {
    findings.Add("fd-misuse", misuse.step, misuse.context, misuse.what);
  }
}

}  // namespace

const Oracle kFdMisuse = {
    "fd-misuse",
    "no EBADF, double close, or call on a descriptor that is not the server's any more", kPage,
    At(Moment::kIncident), Judge};

}  // namespace hupstorm
