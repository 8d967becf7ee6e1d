// Which scenarios can be run against which servers, and which of their expectations then mean
// something. The one place that decides it.

#ifndef HUPSTORM_SCENARIOS_LANGUAGE_FIT_H_
#define HUPSTORM_SCENARIOS_LANGUAGE_FIT_H_

#include <optional>
#include <string>
#include <string_view>

#include "scenarios/language/scenario.h"

namespace hupstorm {

// Whether all answers of a server like `target` can be foretold byte by byte: those of an echo, and
// of the documented servers, for which the suite was written.
bool IsKnownToTheByte(const Target& target);

// The protocol whose scenarios `target` is given: kEcho, kAck or kHttp. Its own, or the one that it
// is a kind of.
Protocol WrittenFor(const Target& target);

// Whether a step of it is for servers alone that are meant to survive what few are
// (Target::hardened).
bool IsForHardened(const Scenario& scenario);

// Why `scenario` says nothing about `target`: "it is written for http servers". Empty if it
// fits.
//
// "target any" fits every server, "target echo", "ack" and "http" those of that protocol. Besides:
//   none    takes those of echo: whatever a client sends is as good as anything else.
//   expect  takes those of echo: each `send` is a piece of a stream of requests; with `close`
//           those of http: `request` is the file's. Not those with a text or an urgent byte
//           of their own: the server would get a request that the file does not know.
// A scenario with a step for hardened servers fits these alone. One that expects something at a
// call fits no third-party server: what it does first is its own affair.
std::string WhyNotFor(const Scenario& scenario, const Target& target);
inline bool Fits(const Scenario& scenario, const Target& target) {
  return WhyNotFor(scenario, target).empty();
}

// Whether `step`, an expectation of `scenario`, holds for every correct server like `target`.
//
// In "target any" what the author expects holds for all. Otherwise the author had that protocol's
// servers of ours in mind, so that of another server
//   - how much was received, and what, is not expected: the oracles know what is owed;
//   - what becomes of a connection is not expected if nothing is known of the protocol (none): the
//     server may end it for what the client has said.
// A third-party server is not expected to have stopped by a certain step, in no scenario.
bool IsExpectedOf(const Target& target, const Scenario& scenario, const Step& step);

std::string_view ProtocolName(Protocol protocol);  // "echo"
inline std::string_view ProtocolName(const std::optional<Protocol>& protocol) {
  return protocol ? ProtocolName(*protocol) : "any";
}

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_LANGUAGE_FIT_H_
