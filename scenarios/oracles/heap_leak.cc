#include <fmt/format.h>

#include <algorithm>

#include "scenarios/oracles/all_oracles.h"

namespace hupstorm {
namespace {

constexpr std::string_view kPage =
    R"(The same storm was sent over the server again and again, with all clients gone and the server at rest in
between, and each time it held a little more heap; or it kept something for every client that was ever connected at once.

A connection's state usually lives in more than one table (its socket, its queue, its request, a map from descriptor to
object). Some path, often the one for EPOLLHUP or for an error, cleans one and forgets another.

Of somebody else's program (--exec), on the simulated kernel: blocks of one size grew in number in each of 20 rounds or more,
with fifteen minutes after each, to more than 10,000 or 64 MiB. Its pools and caches stop before that, and what it keeps
for a while it has freed. Programs with a garbage collector are not judged.)";

constexpr size_t kGrowingRounds = 3;  // in a row, each of which leaves more than the one before
constexpr int kManyClients = 24;      // more at once than before, to tell a table from a pool
constexpr int64_t kBlocksOfAConnection = 16;  // at most, in most servers

// Blocks, not bytes, tell a leak from a container that keeps its capacity: a vector that was
// stretched by many clients is still one block, an entry kept for each of them is many.
// Those of `kept` connections do not count.
const HeapMark* KeptForEachClient(const std::vector<HeapMark>& marks, int64_t kept) {
  for (size_t i = 1; i < marks.size(); ++i) {
    const int64_t clients = marks[i].most_clients - marks[i - 1].most_clients;
    const int64_t blocks =
        marks[i].heap.blocks - marks[i - 1].heap.blocks - kept * kBlocksOfAConnection;
    if (clients >= kManyClients && blocks * 2 >= clients) return &marks[i];
  }
  return nullptr;
}

bool GrowsEachRound(const std::vector<HeapMark>& marks) {
  if (marks.size() <= kGrowingRounds) return false;
  for (size_t i = marks.size() - kGrowingRounds; i < marks.size(); ++i) {
    if (marks[i].heap.bytes <= marks[i - 1].heap.bytes) return false;
    if (marks[i].heap.blocks < marks[i - 1].heap.blocks) return false;
  }
  return true;
}

void Judge(Moment, const Ledger& ledger, FindingList& findings) {
  if (ledger.dead) return;
  const std::vector<HeapMark>& marks = ledger.heap_marks;
  int step = 0;
  for (const ClientFacts& client : ledger.InUse()) {
    if (!client.probe) step = std::max(step, client.last_step);
  }
  // The memory of connections that are kept is another bug's than memory that is kept without them,
  // which no call is to blame for.
  const int64_t kept = int64_t{ledger.descriptors_now} - int64_t{ledger.descriptors_at_start};
  const uint64_t with_descriptors = kept > 0 ? 2 : 0;
  const uint64_t call = kept > 0 ? ledger.CallThatForgetsAny() : 0;
  if (ledger.kept_blocks > 0) {
    // What is kept of one size is one bug.
    findings.Add("heap-leak", step, 4 + ledger.kept_block_bytes,
                 fmt::format("after {} rounds, each of which left more, and a long time with no "
                             "client connected the server keeps {} blocks of {} bytes",
                             ledger.kept_rounds, ledger.kept_blocks, ledger.kept_block_bytes),
                 call);
  } else if (GrowsEachRound(marks)) {
    const HeapUse& last = marks.back().heap;
    const HeapUse& before = marks[marks.size() - 2].heap;
    findings.Add(
        "heap-leak", step, 1 + with_descriptors,
        fmt::format("after round {} the server holds {} bytes more than after the one before, "
                    "in {} more blocks, with no client connected",
                    marks.size() - 1, last.bytes - before.bytes, last.blocks - before.blocks),
        call);
  } else if (const HeapMark* mark = KeptForEachClient(marks, 0)) {
    const bool is_of_connections = KeptForEachClient(marks, std::max(kept, int64_t{0})) == nullptr;
    findings.Add(
        "heap-leak", step, 2 + (is_of_connections ? 2 : 0),
        fmt::format("after {} clients at once have gone, the server keeps {} blocks of heap "
                    "({} bytes), at least one for every other client",
                    mark->most_clients, mark->heap.blocks, mark->heap.bytes),
        is_of_connections ? call : 0);
  }
}

}  // namespace

const Oracle kHeapLeak = {"heap-leak",
                          "live heap at rest does not grow from round to round",
                          kPage,
                          Effect::kLeaks,
                          At(Moment::kRoundEnd),
                          Judge};

}  // namespace hupstorm
