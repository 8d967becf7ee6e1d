#include <fmt/format.h>

#include <algorithm>

#include "scenarios/oracles/all_oracles.h"

namespace hupstorm {
namespace {

constexpr std::string_view kPage =
    R"(A client sent a full request, waited, and did not get the response whole with an orderly end (FIN) after it.

Besides the causes of lost-bytes there is one that is special to servers that close first: close(2) on a socket with unread
input does not send FIN but RST, and an RST that reaches the client destroys what it has not read yet. Send the
response, shut down writing, read on until the client's FIN (bounded in bytes and time), and only then close.)";

struct Fault {
  enum class Kind : uint8_t { kNone, kReset, kCutShort, kNoEnd, kWrong } kind = Kind::kNone;
  std::string what;
};

Fault FaultOf(const ClientFacts& client, bool client_waits) {
  const ClientStream& stream = client.stream;
  if (stream.mismatch()) {
    if (!stream.difference().empty()) {
      return {Fault::Kind::kWrong, "is answered wrongly: " + stream.difference()};
    }
    return {Fault::Kind::kWrong, fmt::format("byte {} of the response is not what the server owes",
                                             stream.mismatch()->at)};
  }
  // A server that has answered waits a while for the client's FIN and closes. A client that speaks
  // after that gets a reset, although the response was whole; so does one whose input was left
  // because the server was kept in a call for all that while.
  const int64_t waited_ns = std::max(client.longest_silence_ns, client.idle_before_end_ns);
  const bool lingered = stream.complete() && waited_ns >= kLongSilenceNs;
  if (client.was_reset && !lingered) {
    return {Fault::Kind::kReset,
            fmt::format("is owed {}, got {} and then a reset instead of an orderly end",
                        stream.OwedText(), stream.GotText())};
  }
  if (client.end_of_input && !stream.complete()) {
    return {Fault::Kind::kCutShort,
            fmt::format("is owed {}, got {} before the end", stream.OwedText(), stream.GotText())};
  }
  const bool has_ended = client.end_of_input || client.was_reset;
  if (client_waits && stream.complete() && !has_ended && stream.must_end()) {
    return {Fault::Kind::kNoEnd,
            "got the whole response, but the server never ended the connection"};
  }
  return {};
}

uint64_t CallToBlame(Fault::Kind kind, const ClientFacts& client, const CallRecord& calls) {
  switch (kind) {
    case Fault::Kind::kWrong:
      return calls.SendOf(client.number, client.stream.mismatch()->at);
    case Fault::Kind::kNoEnd:
      return calls.LastOn(client.number);
    default:
      return calls.CallThatCuts(client.number, client.stream.received());
  }
}

void Judge(Moment moment, const Ledger& ledger, FindingList& findings) {
  if (ledger.dead) return;
  for (const ClientFacts& client : ledger.InUse()) {
    const ClientStream& stream = client.stream;
    if (!stream.is_one_response() || client.IsExcused() || !stream.has_full_request()) continue;
    if (stream.answer_is_optional() && stream.received() == 0) continue;
    const Fault fault = FaultOf(client, moment == Moment::kDrained);
    if (fault.kind == Fault::Kind::kNone) continue;
    findings.Add("truncated-response", client,
                 fmt::format("{} sent a full request and {}{}", ledger.ClientName(client),
                             fault.what, fault.kind == Fault::Kind::kNoEnd ? ledger.Later() : ""),
                 CallToBlame(fault.kind, client, ledger.calls), static_cast<uint64_t>(fault.kind));
  }
}

}  // namespace

const Oracle kTruncatedResponse = {
    "truncated-response", "a response arrives whole and ends in order", kPage,
    Effect::kLosesBytes,  At(Moment::kDrained, Moment::kHalfClosed),    Judge};

}  // namespace hupstorm
