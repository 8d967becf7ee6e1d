#include "kernel/stacks/place.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "kernel/stacks/function_names.h"
#include "kernel/stacks/module_lines.h"
#include "kernel/stacks/own_code.h"

namespace hupstorm {
namespace {

std::string NameOf(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

}  // namespace

std::string Place::Hint() const {
  if (stack.empty() || line > 0) return "";
  if (module.empty()) return "code that was made while the program ran has no lines";
  return fmt::format("{} does not tell its lines: compile it with -g{}", NameOf(module),
                     function.empty() ? ", and do not strip it" : "");
}

class PlaceFinder::Impl {
 public:
  explicit Impl(std::vector<std::string> libraries) : libraries_(std::move(libraries)) {}

  Place Find(const CallStack& stack, std::span<const CallStack> others) {
    return stack.script.empty() ? FindInCode(stack, others) : FindInScript(stack);
  }

 private:
  // A frame, and where in the stack and among the functions at its address it comes from.
  struct Expanded {
    Frame frame;
    std::string signature;
    int column = 0;
    bool returns_value = false;
    size_t depth = 0;  // how many functions were inlined in it at this address
  };

  static Place FindInScript(const CallStack& stack) {
    Place place;
    for (const ScriptLine& line : stack.script) {
      place.stack.push_back({.file = line.file,
                             .line = line.line,
                             .function = line.function,
                             .module = {},
                             .offset = 0,
                             .own = !IsLibraryScript(line.file)});
    }
    const auto own = std::find_if(place.stack.begin(), place.stack.end(),
                                  [](const Frame& frame) { return frame.own; });
    if (own != place.stack.end()) place.frame = static_cast<size_t>(own - place.stack.begin());
    const Frame& chosen = place.stack[place.frame];
    place.file = chosen.file;
    place.line = chosen.line;
    place.function = place.signature = chosen.function;
    place.module = chosen.file;
    place.call = place.frame == 0 ? stack.callee : place.stack[place.frame - 1].function;
    place.site = fmt::format("{}:{}:{}", NameOf(chosen.file), chosen.function,
                             TextOf(chosen.file, chosen.line));
    return place;
  }

  // A line of a script without its indentation; its number if it cannot be read.
  static std::string TextOf(const std::string& file, int number) {
    std::ifstream script(file);
    std::string line;
    for (int i = 0; i < number; ++i) {
      if (!std::getline(script, line)) return std::to_string(number);
    }
    return line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
  }

  Place FindInCode(const CallStack& stack, std::span<const CallStack> others) {
    Place place;
    const std::vector<Expanded>& frames = Expand(stack);
    for (const Expanded& expanded : frames) place.stack.push_back(expanded.frame);
    if (frames.empty()) return place;
    size_t chosen = NextOwn(frames, 0);
    if (chosen == frames.size()) chosen = 0;
    size_t named = chosen;  // whatever the others are
    for (size_t next; (next = NextOwn(frames, named + 1)) < frames.size(); named = next) {
      if (!MayBeWrapper(frames[named])) break;
    }
    for (size_t next; (next = NextOwn(frames, chosen + 1)) < frames.size(); chosen = next) {
      if (!IsWrapper(frames, chosen, stack, others)) break;
    }
    // Servers have one function that closes connections: who calls it has decided to.
    const size_t decider = stack.callee == "close" ? NextOwn(frames, named + 1) : frames.size();
    if (decider < frames.size() && HasSeveralCallers(frames[named])) chosen = decider;
    const Expanded& own = frames[chosen];
    place.frame = chosen;
    place.file = own.frame.file;
    place.line = own.frame.line;
    place.function = own.frame.function;
    place.module = own.frame.module;
    place.offset = own.frame.offset;
    place.signature = own.signature;
    place.call = chosen == 0 ? stack.callee : frames[chosen - 1].frame.function;
    const bool is_fault = stack.death && stack.callee.empty() && chosen == 0;
    if (!is_fault) place.which = Which(own);
    const int which = is_fault ? 0 : Which(frames[named]);
    place.site =
        SiteIn(frames[named], named == 0 ? stack.callee : frames[named - 1].frame.function, which);
    if (decider < frames.size()) {
      place.site += " by " + SiteIn(frames[decider], "", Which(frames[decider]));
    }
    return place;
  }

  static std::string SiteIn(const Expanded& frame, const std::string& call, int which) {
    const std::string name = NameOf(frame.frame.module);
    if (frame.signature.empty()) return fmt::format("{}+{:#x}", name, frame.frame.offset);
    return fmt::format("{}:{}:{}#{}", name, frame.signature, call, which);
  }

  ModuleLines& LinesOf(const std::string& module) {
    std::unique_ptr<ModuleLines>& lines = modules_[module];
    if (lines == nullptr) lines = std::make_unique<ModuleLines>(module);
    return *lines;
  }

  const std::vector<CodeLine>& At(const CodeAddress& address) {
    const auto [entry, is_new] = known_.try_emplace(address);
    if (is_new && !address.module.empty()) {
      entry->second = LinesOf(address.module).At(address.offset);
    }
    return entry->second;
  }

  // Kept: a stack is looked at for each other whose wrappers are looked for.
  const std::vector<Expanded>& Expand(const CallStack& stack) {
    const auto [entry, is_new] = expanded_.try_emplace({stack.program, stack.callee, stack.frames});
    std::vector<Expanded>& frames = entry->second;
    if (!is_new) return frames;
    for (const CodeAddress& address : WithJumps(stack)) {
      const bool own_module = IsOwnModule(address.module, stack.program);
      std::vector<CodeLine> lines = At(address);
      if (lines.empty()) lines.emplace_back();
      for (size_t i = 0; i < lines.size(); ++i) {
        Expanded expanded;
        expanded.signature = Demangled(lines[i].symbol);
        expanded.column = lines[i].column;
        expanded.returns_value = lines[i].returns_value;
        expanded.depth = i;
        Frame& frame = expanded.frame;
        frame.file = std::filesystem::path(lines[i].file).lexically_normal();
        frame.line = lines[i].line;
        frame.function = WithoutParameters(expanded.signature);
        frame.module = address.module;
        frame.offset = address.offset;
        const bool is_named = std::ranges::any_of(libraries_, [&](const std::string& part) {
          return frame.file.find(part) != std::string::npos;
        });
        frame.own = own_module && !is_named && !IsLibrarySource(frame.file, expanded.signature);
        frames.push_back(std::move(expanded));
      }
    }
    return frames;
  }

  // The stack with functions that left it by jumping to what they call at last, as compilers have
  // them do: where one was called, and another has been there since, the way is looked for.
  std::vector<CodeAddress> WithJumps(const CallStack& stack) {
    std::vector<CodeAddress> frames;
    for (size_t i = 0; i < stack.frames.size(); ++i) {
      const CodeAddress& address = stack.frames[i];
      if (!(i == 0 && stack.callee.empty()) && IsOwnModule(address.module, stack.program)) {
        const CodeAddress* const inner = i == 0 ? nullptr : &stack.frames[i - 1];
        for (const uint64_t jump : JumpsBetween(address, inner, stack.callee)) {
          frames.push_back({.module = address.module, .offset = jump});
        }
      }
      frames.push_back(address);
    }
    return frames;
  }

  // From the function that is called at `from` to `inner`, or to `callee`, the last first; none if
  // that one was called, or if there are several ways.
  std::vector<uint64_t> JumpsBetween(const CodeAddress& from, const CodeAddress* inner,
                                     const std::string& callee) {
    const ModuleLines& lines = LinesOf(from.module);
    const auto called = lines.CallBefore(from.offset + 1);
    if (!called || called->by_pointer || (inner != nullptr && inner->module != from.module)) {
      return {};
    }
    const auto target = inner != nullptr ? lines.SymbolAt(inner->offset) : std::nullopt;
    const auto leads_there = [&](const CallSite& call) {
      if (inner == nullptr) return lines.CalleeOf(call) == callee;
      return target && call.target == target->begin;
    };
    if (leads_there(*called)) return {};
    // A part of the function that was called lies elsewhere ("flush.cold").
    const std::vector<CodeLine>* const known = inner != nullptr ? &At(*inner) : nullptr;
    if (known != nullptr && !known->empty() &&
        Demangled(known->back().symbol) == Demangled(lines.CalleeOf(*called))) {
      return {};
    }
    std::vector<std::vector<uint64_t>> ways;
    std::vector<uint64_t> way;
    LookForWays(lines, called->target, leads_there, way, ways);
    if (ways.size() != 1) return {};
    return {ways.front().rbegin(), ways.front().rend()};
  }

  template <typename LeadsThere>
  static void LookForWays(const ModuleLines& lines, uint64_t function,
                          const LeadsThere& leads_there, std::vector<uint64_t>& way,
                          std::vector<std::vector<uint64_t>>& ways) {
    constexpr size_t kLongest = 3;
    if (way.size() == kLongest) return;
    const auto range = lines.SymbolAt(function);
    if (!range || range->begin != function) return;
    for (const CallSite& jump : lines.CallsIn(*range)) {
      if (!jump.is_jump) continue;
      way.push_back(jump.next - 1);
      if (leads_there(jump)) {
        ways.push_back(way);
      } else if (!jump.by_pointer) {
        LookForWays(lines, jump.target, leads_there, way, ways);
      }
      way.pop_back();
    }
  }

  static size_t NextOwn(const std::vector<Expanded>& frames, size_t from) {
    while (from < frames.size() && !frames[from].frame.own) ++from;
    return from;
  }

  // The call site in the source, as far as it is told.
  using Site = std::tuple<std::string, int, int, uint64_t>;
  static Site SiteOf(const Expanded& frame) {
    const bool told = frame.frame.line > 0;
    return {frame.signature, frame.frame.line, told ? frame.column : 0,
            told ? 0 : frame.frame.offset};
  }

  // A function that has a call made for its callers: it gives them a value, makes this one call and
  // no other, and stacks part behind it.
  bool IsWrapper(const std::vector<Expanded>& frames, size_t at, const CallStack& stack,
                 std::span<const CallStack> others) {
    const Expanded& frame = frames[at];
    if (!MayBeWrapper(frame)) return false;
    std::set<Site> callers = {SiteOf(frames[at + 1])};
    for (const CallStack& other : others) {
      if (other.program != stack.program) continue;
      const std::vector<Expanded>& its = Expand(other);
      for (size_t i = 0; i + 1 < its.size(); ++i) {
        if (its[i].signature != frame.signature) continue;
        if (SiteOf(its[i]) != SiteOf(frame)) return false;
        callers.insert(SiteOf(its[i + 1]));
      }
    }
    return callers.size() > 1;
  }

  // As far as calls have their callee in the instruction.
  bool HasSeveralCallers(const Expanded& frame) {
    // Those of a destructor have not written that they call it.
    if (frame.signature.find("::~") != std::string::npos) return false;
    const ModuleLines& lines = LinesOf(frame.frame.module);
    const auto function = lines.SymbolAt(frame.frame.offset);
    const bool is_inlined = frame.depth + 1 < At({frame.frame.module, frame.frame.offset}).size();
    if (!function || is_inlined) return false;
    std::set<Position> callers;
    for (const CallSite& call : lines.CallsOf(function->begin)) {
      const std::vector<CodeLine>& at = At({frame.frame.module, call.next - 1});
      callers.insert(PositionOf(at.empty() ? CodeLine() : at.front(), call.next));
    }
    return callers.size() > 1;
  }

  bool MayBeWrapper(const Expanded& frame) {
    return !frame.signature.empty() && frame.returns_value && CallsNothingElse(frame);
  }

  bool CallsNothingElse(const Expanded& frame) {
    const ModuleLines& lines = LinesOf(frame.frame.module);
    const auto own = lines.CallBefore(frame.frame.offset + 1);
    if (!own) return false;
    const std::string callee = lines.CalleeOf(*own);
    for (const CodeRange& range : lines.FunctionAt(frame.frame.offset, frame.depth)) {
      for (const CallSite& call : lines.CallsIn(range)) {
        const std::string name = lines.CalleeOf(call);
        const bool is_same = call.target == own->target || (!name.empty() && name == callee);
        const bool is_own_part = call.is_jump && name.empty();
        if (!is_same && !is_own_part && !IsForErrors(name)) return false;
      }
    }
    return true;
  }

  // Where a call stands in its function.
  using Position = std::tuple<int, int, uint64_t>;
  static Position PositionOf(const CodeLine& line, uint64_t next) {
    return line.line > 0 ? Position{line.line, line.column, 0} : Position{0, 0, next};
  }

  int Which(const Expanded& own) {
    const std::string& module = own.frame.module;
    if (module.empty() || own.signature.empty()) return 0;
    const uint64_t next = own.frame.offset + 1;
    const ModuleLines& lines = LinesOf(module);
    const auto call = lines.CallBefore(next);
    const std::vector<CodeLine> ours = At({module, own.frame.offset});
    if (!call || own.depth >= ours.size()) return 0;
    const std::string callee = lines.CalleeOf(*call);
    const Position position = PositionOf(ours[own.depth], next);
    std::set<Position> before;
    for (const CodeRange& range : lines.FunctionAt(own.frame.offset, own.depth)) {
      for (const CallSite& other : lines.CallsIn(range)) {
        const bool is_same =
            (other.by_pointer == call->by_pointer && other.target == call->target) ||
            (!callee.empty() && lines.CalleeOf(other) == callee);
        if (!is_same) continue;
        const std::vector<CodeLine>& theirs = At({module, other.next - 1});
        if (!IsInSameFunction(ours, theirs, own.depth)) continue;
        const Position its = PositionOf(theirs[own.depth], other.next);
        if (its < position) before.insert(its);
      }
    }
    return static_cast<int>(before.size()) + 1;
  }

  // Both are calls of the same functions, put into the function of that depth, and this into the
  // others at the same places.
  static bool IsInSameFunction(const std::vector<CodeLine>& ours,
                               const std::vector<CodeLine>& theirs, size_t depth) {
    if (ours.size() != theirs.size()) return false;
    for (size_t i = 0; i < ours.size(); ++i) {
      if (ours[i].symbol != theirs[i].symbol) return false;
      if (i > depth && (ours[i].line != theirs[i].line || ours[i].column != theirs[i].column)) {
        return false;
      }
    }
    return true;
  }

  std::vector<std::string> libraries_;
  std::map<std::string, std::unique_ptr<ModuleLines>> modules_;
  std::map<CodeAddress, std::vector<CodeLine>> known_;
  using Known = std::tuple<std::string, std::string, std::vector<CodeAddress>>;
  std::map<Known, std::vector<Expanded>> expanded_;
};

PlaceFinder::PlaceFinder(std::vector<std::string> libraries)
    : impl_(std::make_unique<Impl>(std::move(libraries))) {}
PlaceFinder::~PlaceFinder() = default;

Place PlaceFinder::Find(const CallStack& stack, std::span<const CallStack> others) {
  return impl_->Find(stack, others);
}

}  // namespace hupstorm
