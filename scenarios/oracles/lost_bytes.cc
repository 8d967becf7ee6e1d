#include <fmt/format.h>

#include "scenarios/oracles/all_oracles.h"

namespace hupstorm {
namespace {

constexpr std::string_view kPage =
    R"(A client that did nothing wrong did not get what it is owed: bytes in the middle are missing, or the
server ended the connection before all had been sent, or it cut off a client that had not finished.

The usual causes:
  - send takes fewer bytes than it was given, and the count it returns is ignored;
  - send fails with EAGAIN and the message is dropped;
  - recv returns 0 and the connection is closed with its queue unsent: a half-closed client still reads;
  - close with unread input makes the kernel send RST, which destroys what the client has not read yet.
After a client's own reset its bytes may be lost; that is not reported.
A server that goes on to send what nobody asked for is reported too, and the scenario ends there.)";

// What tells bugs apart that follow the same calls.
enum class Kind : uint64_t { kEnded, kReset, kUnfinished, kDiffers, kTooMuch };

Kind KindOfLoss(const ClientFacts& client) {
  if (client.stream.complete()) return Kind::kUnfinished;
  return client.was_reset ? Kind::kReset : Kind::kEnded;
}

Kind KindOfDifference(const ClientStream& stream) {
  return stream.owed() > 0 && stream.mismatch()->expected >= stream.owed() ? Kind::kTooMuch
                                                                           : Kind::kDiffers;
}

std::string Loss(const ClientFacts& client, const std::string& name) {
  const ClientStream& stream = client.stream;
  const std::string end =
      client.was_reset ? "the server reset the connection" : "the server ended the connection";
  if (stream.complete()) return fmt::format("{} had not finished, and {}", name, end);
  return fmt::format("{} is owed {} and got {}, then {}", name, stream.OwedText(), stream.GotText(),
                     end);
}

std::string Difference(const ClientStream& stream) {
  if (!stream.difference().empty()) return stream.difference();
  const ClientStream::Mismatch& mismatch = *stream.mismatch();
  const auto found = stream.Find(std::string_view(mismatch.bytes).substr(0, 8), mismatch.expected);
  if (found) {
    return fmt::format("bytes {} to {} are missing: what came next begins at byte {}",
                       mismatch.expected, *found - 1, *found);
  }
  if (mismatch.expected >= stream.owed()) {
    return fmt::format("got {} byte{} that it is not owed, after the {} that it is",
                       stream.received() - mismatch.at,
                       stream.received() - mismatch.at == 1 ? "" : "s", stream.owed());
  }
  return fmt::format("byte {} is not the one that it is owed there", mismatch.expected);
}

bool CutOff(const ClientFacts& client) {
  // A client that said nothing for long may be closed: many servers have idle timeouts.
  return !client.finished_sending && client.idle_before_end_ns < kLongSilenceNs;
}

void Judge(Moment moment, const Ledger& ledger, FindingList& findings) {
  if (ledger.dead || moment == Moment::kIncident) return;
  // A third-party server that was asked to stop may do so at any moment, and end its connections.
  if (ledger.asked_to_stop && ledger.target->third_party) return;
  for (const ClientFacts& client : ledger.InUse()) {
    // truncated-response judges the one, no oracle the other.
    if (client.stream.is_one_response() || !client.stream.is_known()) continue;
    if (client.stream.mismatch()) {
      // foreign-bytes judges those of others; one that is turned away may be told why.
      if (moment != Moment::kDrained || client.turned_away || ledger.OwnerOfMismatch(client))
        continue;
      findings.Add("lost-bytes", client,
                   fmt::format("{}: {}", ledger.ClientName(client), Difference(client.stream)),
                   ledger.calls.SendOf(client.number, client.stream.mismatch()->at),
                   static_cast<uint64_t>(KindOfDifference(client.stream)));
      continue;
    }
    if (client.IsExcused() || !(client.end_of_input || client.was_reset)) continue;
    if (client.stream.complete() && !CutOff(client)) continue;
    findings.Add("lost-bytes", client, Loss(client, ledger.ClientName(client)),
                 ledger.calls.CallThatCuts(client.number, client.stream.received()),
                 static_cast<uint64_t>(KindOfLoss(client)));
  }
}

}  // namespace

const Oracle kLostBytes = {
    "lost-bytes",        "each client gets every byte it is owed, in order",           kPage,
    Effect::kLosesBytes, At(Moment::kDrained, Moment::kHalfClosed, Moment::kIncident), Judge,
    &Ledger::floods};

}  // namespace hupstorm
