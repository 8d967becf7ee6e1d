// Finds targets by name, with the mends that the user asked for.

#ifndef HUPSTORM_TOOLS_CATALOGUE_TARGET_CATALOGUE_H_
#define HUPSTORM_TOOLS_CATALOGUE_TARGET_CATALOGUE_H_

#include <string>
#include <string_view>
#include <vector>

#include "target/documented/documented.h"
#include "target/target.h"

namespace hupstorm {

// --mend: which defects of a documented server are mended. Parsed, not yet checked against a
// server.
struct MendChoice {
  enum class Kind { kNone, kAll, kAllBut };
  Kind kind = Kind::kNone;
  std::vector<std::string> but;  // defects left as they are, with or without the server's name

  std::string Text() const;  // as --mend takes it: "none", "all", "all-but=fin-ignored"
};
// Throws UsageError.
MendChoice ParseMend(std::string_view text);

// The servers with known defects. An executable with a user's server goes without them.
struct FaultyServers {
  Target (*documented)(DocumentedServer server, MendSet mends) = nullptr;
  Target (*canary)() = nullptr;
};
// Before any command runs; both are set.
void SetFaultyServers(const FaultyServers& servers);

// The user's server, if one is linked; the four references; and, if they are set, the documents'
// servers and the canary. In the order in which they are listed.
std::vector<std::string> TargetNames();
bool IsDocumented(std::string_view target);

// Throws UsageError for an unknown target, a defect that it does not have, and for mends other than
// "none" on a target that is no documented server.
Target MakeTarget(const std::string& name, const MendChoice& mend);

// `names`: "reference/poll,doc001/poll". Throws as MakeTarget does, and for a name given twice.
std::vector<Target> MakeTargets(std::string_view names, const MendChoice& mend);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CATALOGUE_TARGET_CATALOGUE_H_
