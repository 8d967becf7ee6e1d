#include "tools/report/bugs.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/hash.h"

namespace hupstorm {
namespace {

const CallStack* StackOf(const Finding& finding, const std::vector<CallStack>& stacks) {
  const bool died = finding.oracle == "server-died";
  // Where the call before failed, that is what the server did not get over.
  const bool call_failed = finding.call != 0 && finding.ending != Ending::kDone;
  const CallStack* found = nullptr;
  for (const CallStack& stack : stacks) {
    if (stack.death && died && !call_failed) return &stack;
    if (stack.heap && finding.oracle == "heap-leak" && finding.call == 0) return &stack;
    if (stack.call != 0 && stack.call == finding.call) found = &stack;
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

// As an editor that was started in this folder would open it.
std::string FromHere(const std::string& file) {
  std::error_code ignored;
  const std::string here = std::filesystem::current_path(ignored).string() + "/";
  return file.starts_with(here) ? file.substr(here.size()) : file;
}

}  // namespace

BugNamer::BugNamer(std::span<const Target> targets) : finder_(LibrariesOf(targets)) {}

void BugNamer::Name(RunResult& result) {
  for (Finding& finding : result.findings) {
    finding.bug = finding.fingerprint;
    const CallStack* const stack = StackOf(finding, result.stacks);
    if (stack == nullptr) continue;
    finding.place = finder_.Find(*stack, result.stacks);
    // Where all is a library's, as when an interpreter prints why it ends, nothing is told.
    if (finding.place && !finding.place.stack[finding.place.frame].own) {
      finding.place = {};
      finding.cause.clear();
    }
    if (finding.place.site.empty()) continue;
    Fnv1a bug;
    // One line of a program may have a library make all its calls.
    bug.Add(finding.target).Add(finding.place.site).Add(stack->callee);
    bug.Add(static_cast<uint64_t>(finding.ending));
    finding.bug = fmt::format("{:016x}", bug.value());
  }
}

std::string PlaceText(const Place& place) {
  if (!place) return "";
  if (place.line > 0) return fmt::format("{}:{}", FromHere(place.file), place.line);
  const std::string module = std::filesystem::path(place.module).filename().string();
  const std::string address = fmt::format("{}+{:#x}", module, place.offset);
  return place.function.empty() ? address : fmt::format("{} ({})", address, place.function);
}

std::string CauseText(const Finding& finding) {
  if (finding.cause.empty()) return "";
  const bool known = finding.place && !finding.place.function.empty();
  return fmt::format("because {}{}", finding.cause,
                     known ? fmt::format(" in {}", finding.place.function) : "");
}

}  // namespace hupstorm
