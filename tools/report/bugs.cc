#include "tools/report/bugs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace hupstorm {
namespace {

// Of an exception that left the server: "throw", or a script's "raise".
bool IsException(const CallStack& stack) {
  return stack.death && (stack.callee == "throw" || stack.callee == "raise");
}

const CallStack* DeathIn(const std::vector<CallStack>& stacks) {
  for (const CallStack& stack : stacks) {
    if (stack.death) return &stack;
  }
  return nullptr;
}

const CallStack* StackOfCall(uint64_t call, const std::vector<CallStack>& stacks) {
  const CallStack* found = nullptr;
  for (const CallStack& stack : stacks) {
    if (stack.call != 0 && stack.call == call) found = &stack;
  }
  return found;
}

std::vector<std::string> LibrariesOf(std::span<const Target> targets) {
  std::vector<std::string> libraries;
  for (const Target& target : targets) {
    libraries.insert(libraries.end(), target.libraries.begin(), target.libraries.end());
  }
  return libraries;
}

// A bug's first call, as far as it made findings of this run.
void MarkBlamed(RunResult& result) {
  struct Mark {
    uint64_t call;
    std::string place;
    std::set<std::string> oracles;
  };
  std::map<std::string, Mark> marks;  // by bug
  for (const Finding& finding : result.findings) {
    if (finding.call == 0 || !finding.place) continue;
    // A death's place may be another than its last call's.
    if (finding.oracle == "server-died" && finding.ending == Ending::kDone) continue;
    Mark& mark = marks.try_emplace(finding.bug, Mark{finding.call, PlaceText(finding.place), {}})
                     .first->second;
    mark.call = std::min(mark.call, finding.call);
    mark.oracles.insert(finding.oracle);
  }
  std::vector<TimeLineEntry> marked;
  marked.reserve(result.time_line.size() + marks.size());
  for (TimeLineEntry& entry : result.time_line) {
    const uint64_t call = entry.call;
    marked.push_back(std::move(entry));
    for (const auto& [bug, mark] : marks) {
      if (call != mark.call) continue;
      marked.push_back({.kind = TimeLineEntry::Kind::kBlame,
                        .ns = marked.back().ns,
                        .text = fmt::format("{}: {}", mark.place, fmt::join(mark.oracles, ", "))});
    }
  }
  result.time_line = std::move(marked);
}

}  // namespace

BugNamer::BugNamer(std::span<const Target> targets) : finder_(LibrariesOf(targets)) {}

void BugNamer::Name(RunResult& result) {
  for (Finding& finding : result.findings) {
    finding.bug = finding.fingerprint;
    // Of what a scenario alone expects, a call that ended well tells nothing.
    if (IsExpectation(finding) && finding.ending == Ending::kDone) {
      finding.cause.clear();
      continue;
    }
    Fnv1a bug;
    bug.Add(finding.target);
    const bool has_kept = finding.oracle == "heap-leak" && finding.call == 0;
    if (has_kept ? !AddKept(finding, result.stacks, bug) : !AddCall(finding, result.stacks, bug)) {
      continue;
    }
    finding.bug = fmt::format("{:016x}", bug.value());
    const auto [known, is_new] = named_.try_emplace(finding.fingerprint, finding);
    if (!is_new && finding.bug < known->second.bug) known->second = finding;
  }
  MarkBlamed(result);
}

void BugNamer::Recall(Finding& finding) const {
  if (finding.place) return;
  const auto known = named_.find(finding.fingerprint);
  if (known == named_.end()) return;
  const uint64_t call = finding.call;  // numbers of another run's calls say nothing here
  finding.TakeBlame(known->second);
  finding.call = call;
}

bool BugNamer::AddCall(Finding& finding, const std::vector<CallStack>& stacks, Fnv1a& bug) {
  const CallStack* const death = finding.oracle == "server-died" ? DeathIn(stacks) : nullptr;
  const CallStack* const call = StackOfCall(finding.call, stacks);
  const CallStack* stack = call;
  if (death != nullptr) {
    // Where the call before failed, that is what the server did not get over.
    const bool call_failed =
        call != nullptr && finding.ending != Ending::kDone && finding.ending != Ending::kElsewhere;
    if (!call_failed || death->callee == "raise") stack = death;
  }
  if (stack == nullptr) return false;
  finding.place = finder_.Find(*stack, stacks);
  // Where all is a library's, as when an interpreter prints why it ends, nothing is told.
  if (finding.place && !finding.place.stack[finding.place.frame].own) {
    finding.place = {};
    finding.cause.clear();
  }
  if (finding.place.site.empty()) return false;
  if (death != nullptr && IsException(*death)) {
    // A script's is about the call if it came from there.
    if (stack == death && call != nullptr && finder_.Find(*call).site == finding.place.site) {
      stack = call;
    }
    if (stack == death) {
      finding.cause.clear();
      bug.Add(finding.place.site).Add("thrown");
      return true;
    }
    if (finding.failure != 0) {
      // It passed by all that called each other here: one handler is missing, however many calls
      // can fail so.
      const auto last = std::find_if(finding.place.stack.rbegin(), finding.place.stack.rend(),
                                     [](const Frame& frame) { return frame.own; });
      bug.Add("uncaught").Add(last->function).Add(finding.failure);
      return true;
    }
  }
  // Such a connection is often closed where the last reference to it goes, by no decision of the
  // function that happens to be there: whichever it is, the bug is one.
  if (stack == call && finding.ending == Ending::kElsewhere) {
    bug.Add("closed elsewhere");
    return true;
  }
  // One line of a program may have a library make all its calls.
  bug.Add(finding.place.site).Add(stack->callee).Add(static_cast<uint64_t>(finding.ending));
  return true;
}

// With a client the server has made what it keeps of it, and filled that later: the function that
// began is taken. What its paths forget differs in what else they have not forgotten.
bool BugNamer::AddKept(Finding& finding, const std::vector<CallStack>& stacks, Fnv1a& bug) {
  using Amount = std::pair<int64_t, int64_t>;  // bytes, blocks
  std::map<std::string, Amount> by_site;
  std::string function;
  Amount most = {};
  for (const CallStack& stack : stacks) {
    if (stack.kept_blocks == 0) continue;
    Place place = finder_.Find(stack, stacks);
    if (!place || !place.stack[place.frame].own) continue;
    if (function.empty()) function = place.signature;
    if (place.signature != function) continue;
    Amount& amount = by_site[place.site];
    amount.first += stack.kept_bytes;
    amount.second += stack.kept_blocks;
    if (amount <= most) continue;
    most = amount;
    finding.place = std::move(place);
  }
  if (by_site.empty()) return false;
  bug.Add("kept");
  for (const auto& [site, amount] : by_site) bug.Add(site);
  return true;
}

std::string FromHere(const std::string& file) {
  std::error_code ignored;
  const std::string here = std::filesystem::current_path(ignored).string() + "/";
  return file.starts_with(here) ? file.substr(here.size()) : file;
}

std::string PlaceText(const Place& place) {
  if (!place) return "";
  if (place.line > 0) return fmt::format("{}:{}", FromHere(place.file), place.line);
  const std::string module = std::filesystem::path(place.module).filename().string();
  const std::string address = fmt::format("{}+{:#x}", module, place.offset);
  return place.function.empty() ? address : fmt::format("{} ({})", address, place.function);
}

std::string ShortName(std::string_view function) {
  size_t from = 0;
  size_t before = 0;  // where the part before the last begins
  int depth = 0;
  for (size_t i = 0; i + 1 < function.size(); ++i) {
    const char c = function[i];
    depth += (c == '<' || c == '(') - (c == '>' || c == ')');
    if (depth != 0 || function.substr(i, 2) != "::") continue;
    before = std::exchange(from, i + 2);
  }
  const std::string_view part = function.substr(before);
  // A namespace without a name tells nothing.
  return std::string(part.starts_with('(') ? function.substr(from) : part);
}

std::string CauseText(const Finding& finding) {
  if (finding.cause.empty()) return "";
  const bool known = finding.place && !finding.place.function.empty();
  return fmt::format("because {}{}", finding.cause,
                     known ? fmt::format(" in {}", ShortName(finding.place.function)) : "");
}

std::string NeedsText(const Finding& finding) {
  const Needs& needs = finding.needs;
  if (!needs.looked) return "";
  if (!needs.not_known_because.empty()) {
    return fmt::format("what it needs is not known: {}", needs.not_known_because);
  }
  const bool is_own = needs.scenario == finding.scenario;
  const auto words = [&](const Needs::Need& need) {
    std::string text = need.what;
    // The folder stands with the bug.
    if (!need.place.empty()) text += " at " + need.place.substr(need.place.rfind('/') + 1);
    if (need.line == 0) return text;
    return fmt::format("{} ({}{})", text, is_own ? "line " : needs.scenario + ":", need.line);
  };
  std::vector<std::string> parts;
  for (const Needs::Need& need : needs.all) parts.push_back(words(need));
  std::string any;
  for (const Needs::Need& need : needs.any) any += (any.empty() ? "" : " or ") + words(need);
  if (!any.empty()) parts.push_back("any of " + any);
  if (needs.takes_more) parts.push_back("several of the other disturbances together");
  if (parts.empty()) return "needs no disturbance";
  return fmt::format("needs: {}", fmt::join(parts, ", and "));
}

std::vector<std::string> WhyTexts(const Finding& finding) {
  std::vector<std::string> texts = {CauseText(finding), NeedsText(finding)};
  std::erase(texts, "");
  return texts;
}

}  // namespace hupstorm
