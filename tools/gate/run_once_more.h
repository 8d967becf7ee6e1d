// The last that a gate does with what it has found: each bug's scenario is run by itself, for its
// time line, and on Linux.

#ifndef HUPSTORM_TOOLS_GATE_RUN_ONCE_MORE_H_
#define HUPSTORM_TOOLS_GATE_RUN_ONCE_MORE_H_

#include <span>

#include "tools/gate/findings_book.h"
#include "tools/isolation/isolated_runner.h"
#include "tools/isolation/server_choice.h"

namespace hupstorm {

// Of some hundreds at most. Fills in the time line, the sockets, whether the bug showed again, and
// whether Linux shows it; without `unconfirmed` what it does not show does not count. Throws
// FailedError.
void RunOnceMore(const ServerChoice& server, const IsolationOptions& isolation, bool unconfirmed,
                 std::span<BookedFinding> booked);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_GATE_RUN_ONCE_MORE_H_
