// How grave a finding is, by two questions: what becomes of the server, and what it takes.
//
//                                       a remote client alone   it takes a shortage of the machine
//   it dies, or bytes or others'        high                    medium
//   service are lost
//   it leaks; or only the client that   medium                  low
//   has half-closed goes without
//   it merely ends differently          low                     low
//
// A shortage is an ENOMEM, ENOBUFS, ENOSPC or ENFILE that the scenario gives the server. EMFILE is
// none: clients bring it about, by connecting. Of an HTTP server a client that half-closes and goes
// without its response is "ends differently": many take such a client to be gone, by choice.

#ifndef HUPSTORM_SCENARIOS_ORACLES_SEVERITY_H_
#define HUPSTORM_SCENARIOS_ORACLES_SEVERITY_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace hupstorm {

struct Scenario;

enum class Severity : uint8_t { kLow, kMedium, kHigh };

// What becomes of a server of which an oracle reports something.
enum class Effect : uint8_t { kEndsDifferently, kLeaks, kLosesBytes, kLosesService, kDies };

// Of what an oracle with this effect reports at step number `step` (from 1; 0: at its end) of a
// scenario.
Severity SeverityOf(Effect effect, const Scenario& scenario, int step);

std::string_view SeverityName(Severity severity);  // "high"
std::optional<Severity> SeverityFromName(std::string_view name);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_ORACLES_SEVERITY_H_
