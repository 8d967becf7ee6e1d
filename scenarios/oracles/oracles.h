// The one table of all oracles. The files of this folder say what each judges, when, and why TCP
// lets it.

#ifndef HUPSTORM_SCENARIOS_ORACLES_ORACLES_H_
#define HUPSTORM_SCENARIOS_ORACLES_ORACLES_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "scenarios/oracles/severity.h"

namespace hupstorm {

struct Incident;
struct Ledger;
class FindingList;

// The moments of a run at which oracles judge, in order.
enum class Moment : uint8_t {
  kIncident,     // something that is judged by itself has just been seen; at any time
  kHeldUp,       // a client waits, and will, while the server sleeps in calls on others alone
  kScriptDone,   // the script is over, the server at rest, faults and limits lifted
  kDrained,      // every client reads all it can, and the server is at rest again
  kHalfClosed,   // every client has sent its FIN
  kClientsGone,  // every client has closed or reset its connection
  kProbed,       // a new client was served, or was not
  kRoundEnd,     // the end of a round: the server should hold what it held at start
  kStopped,      // the server has ended, by itself or because it was asked to
};
inline constexpr int kMomentCount = static_cast<int>(Moment::kStopped) + 1;

// A set of moments.
using Moments = uint32_t;
template <typename... Moment>
constexpr Moments At(Moment... moments) {
  return (... | (Moments{1} << static_cast<int>(moments)));
}
inline constexpr Moments kAtAnyMoment = ~Moments{0};

struct Oracle {
  std::string_view name;
  std::string_view holds_when;  // one line
  std::string_view page;        // for `hupstorm explain`: what it means, what to do
  Effect effect;                // of what it reports, on the server
  Moments moments;              // when there is something to judge
  // Called at these moments of every run, with what is known so far. May be null.
  void (*judge)(Moment moment, const Ledger& ledger, FindingList& findings);
  // What was seen happening and is a finding as it is. May be null.
  std::vector<Incident> Ledger::*incidents = nullptr;
};

// In the order in which they are listed to users.
std::span<const Oracle> Oracles();
// Lets those that judge at `moment` do so.
void JudgeAt(Moment moment, const Ledger& ledger, FindingList& findings);

// Null if there is none of that name.
const Oracle* FindOracle(std::string_view name);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_ORACLES_ORACLES_H_
