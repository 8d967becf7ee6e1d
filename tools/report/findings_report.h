// Findings for people and for programs.

#ifndef HUPSTORM_TOOLS_REPORT_FINDINGS_REPORT_H_
#define HUPSTORM_TOOLS_REPORT_FINDINGS_REPORT_H_

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/oracles/finding.h"
#include "tools/cli/output.h"
#include "tools/isolation/server_choice.h"
#include "tools/report/confirmation.h"

namespace hupstorm {

// Where a scenario runs unless --world says otherwise.
inline constexpr char kDefaultWorld[] = "simulated";
inline constexpr char kLoopbackWorld[] = "loopback";

struct ReportedFinding {
  Finding finding;
  std::string replay;  // the command that shows it
  // The last that the server wrote; kept if it is not one of ours.
  std::string output = {};
  Confirmation confirmation = {};
  std::string note = {};  // what else is to be told of it; for the text
};

// A word as a shell reads it: in quotes if it needs them.
std::string ShellWord(std::string_view word);

// "--target doc000/epoll-queue --mend all", to be pasted into a shell. `mend`, `world`: what these
// two options take.
std::string TargetOptions(std::string_view target, std::string_view mend,
                          std::string_view world = kDefaultWorld);

// hupstorm replay scenarios/suite/half-close/x.scn SERVER. `server`: the options that select it, as
// TargetOptions returns them.
std::string ReplayCommand(std::string_view program, const Finding& finding,
                          std::string_view server);

// The options, for a shell, that select a server, given its target's name.
using ServerWords = std::function<std::string(const std::string& target)>;

// The command for a finding of a scenario that is in Finding::file, or if that is empty, in no
// file: then `text` is a part of the command.
std::string ReplayOfText(std::string_view program, const Finding& finding, std::string_view text,
                         const ServerWords& server);

// "scenarios/suite/half-close/x.scn:6": where the finding showed.
std::string ScenarioPlace(const Finding& finding);
// The place in the server's source, if that is known; or else ScenarioPlace.
std::string WhereText(const Finding& finding);

// "scenarios/suite/half-close/x.scn:6: fd-leak: 2 descriptors ...", without its newline.
std::string FindingLine(const Finding& finding, const Style& style);

// The gravest have the least: by severity, then by the oracle's place in the table of oracles; an
// area's own of the gate come first, what a scenario expects last.
int RankOf(const Finding& finding);

// "3 bugs: 1 high, 2 low", of the severities of bugs; "nothing found" of none.
std::string CountBySeverity(std::span<const Severity> bugs);

// "  high, because send took 7 of 2048 bytes in Connection::Flush; also seen as stalled", without
// its newline: the second line of a bug. Notes that are empty are left out. With a scenario it is
// "  high, replay half-close/idle; because send ...".
std::string WhyLine(const Finding& finding, std::vector<std::string> notes,
                    const std::string& scenario = {});

// FOLDER/ORACLE-FINGERPRINT.scn, for the scenario that shows the finding; empty if `folder` is.
std::string ScenarioFile(const std::string& folder, const Finding& finding);

// Each finding, with file and line first. A bug (equal Finding::bug) is shown once, in the first
// scenario that shows it, with how many more there are and which oracles noticed it too, and an
// expectation only if no oracle says why it is not met; on a terminal its two lines are cut to the
// width. `all` shows every finding, uncut. The command that replays a bug is below it, or if there
// are several, once at the end.
std::string FindingsText(std::span<const ReportedFinding> findings, bool all, const Style& style);

// Those that Linux does not show, for the end of a list: they are taken out of `findings`.
std::vector<ReportedFinding> TakeNotReproduced(std::vector<ReportedFinding>& findings);

// The last lines that a server wrote, each after a mark; empty for none.
std::string OutputText(std::string_view output, const Style& style);

// Of each bug that FindingsText shows: that of its gravest finding.
std::vector<Severity> SeveritiesOfBugs(std::span<const ReportedFinding> findings);

// {"file","line","function","call"}; null where the program does not tell.
nlohmann::ordered_json PlaceJson(const Finding& finding);

// {"scenario","all":[{"what","line","place"}],"any":[],"takes_more","not_known_because"}, as Needs
// says; null if nobody has looked.
nlohmann::ordered_json NeedsJson(const Finding& finding);

// {"oracle","target","scenario","file","line","step","evidence","fingerprint","severity","bug",
// "place":{"file","line","function","call"} or null,"cause","needs","replay"}, and
// "output" if the server wrote something, "schedule" if it shows under that one alone. Of a program
// on the simulated kernel also "confirmed": true, false, or null with "unconfirmed_because".
nlohmann::ordered_json FindingJson(const ReportedFinding& finding);
nlohmann::ordered_json FindingsJson(std::span<const ReportedFinding> findings);

// [{"bug","place","cause","needs","severity","oracles":[],"findings":N,"replay"}]: each bug once.
// Findings are in the order of RankOf.
nlohmann::ordered_json BugsJson(std::span<const ReportedFinding> findings);

// {"target","mend","world"}, with which the JSON of most commands begins.
nlohmann::ordered_json ServerJson(const ServerChoice& server);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_REPORT_FINDINGS_REPORT_H_
