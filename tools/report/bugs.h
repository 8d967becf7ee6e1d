// One bug, however many scenarios show it, however many oracles notice it: findings whose blamed
// call is made at one place of the server and ended in one way. An exception that nobody catches
// because calls of one kind failed is one bug at several places; what a server keeps is one by all
// the places where that was allocated.

#ifndef HUPSTORM_TOOLS_REPORT_BUGS_H_
#define HUPSTORM_TOOLS_REPORT_BUGS_H_

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "kernel/stacks/place.h"
#include "scenarios/worlds/world.h"

namespace hupstorm {

// Tells for findings at which place of the server's source they are, and which bug they show.
class BugNamer {
 public:
  explicit BugNamer(std::span<const Target> targets);

  // Fills in Finding::place and Finding::bug, by the stacks of the run, and has its time line mark
  // the calls that are to blame. Where there is no stack the bug is the finding's fingerprint.
  void Name(RunResult& result);

  // Gives a finding that has no place the place and bug of one with its fingerprint, if any was
  // named. On Linux a run is not always the same twice, so a finding may not be seen again when it
  // is run for its place. To be called when all results have been named: then it does not depend on
  // their order.
  void Recall(Finding& finding) const;

 private:
  // Each fills in the place, and adds what tells the bug from others; false if there is no stack.
  bool AddCall(Finding& finding, const std::vector<CallStack>& stacks, Fnv1a& bug);
  bool AddKept(Finding& finding, const std::vector<CallStack>& stacks, Fnv1a& bug);

  PlaceFinder finder_;
  std::map<std::string, Finding> named_;  // by fingerprint; of several bugs the first by its name
};

// "connection.cc:22" as a compiler would print it, "server+0x1234" without symbols; empty if it is
// not known.
std::string PlaceText(const Place& place);

// A path as an editor that was started in this folder opens it.
std::string FromHere(const std::string& file);

// The last two parts of a function's name, "Connection::Flush": its namespaces are in its file.
std::string ShortName(std::string_view function);

// "because send took 7 of 2048 bytes in Connection::Flush"; empty if it is not known.
std::string CauseText(const Finding& finding);

// "needs: a half-closes (line 4), and send takes at most 7 bytes at connection.cc:22 (line 2)",
// with the scenario's name if the finding is another's; why that is not known; empty if nobody has
// looked.
std::string NeedsText(const Finding& finding);

// The two of them that are not empty.
std::vector<std::string> WhyTexts(const Finding& finding);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_REPORT_BUGS_H_
