// What stands for the value of an option.

#include <algorithm>
#include <array>
#include <string_view>

#include "tools/cli/completion.h"

namespace hupstorm {
namespace {

struct KnownType {
  std::string_view type;
  std::string_view name;  // of the option or argument; empty: any
  ValueHint hint;
};

const std::vector<KnownType>& KnownTypes() {
  static const std::vector<KnownType> types = {
      {"NAME", "--target", {.names = "targets"}},
      {"NAME[,NAME]", "--target", {.names = "targets", .list = true}},
      {"NAME", "--oracle", {.names = "oracles"}},
      {"ORACLE,...", "", {.names = "oracles", .list = true}},
      {"NAME", "name", {.names = "names"}},
      {"SCENARIO", "", {.names = "suite", .files = true}},
      {"FILE", "file", {.names = "scenarios", .files = true}},
      {"FILE", "", {.files = true}},
      {"OUT.scn", "", {.files = true}},
      {"DIR", "", {.folders = true}},
      {"WORLD", "", {.words = {"simulated", "loopback"}}},
      {"PROTOCOL",
       "",
       {.words = {"echo", "ack", "http", "none"}, .prefix = "expect:", .files = true}},
      {"MENDS",
       "",
       {.words = {"none", "all"}, .prefix = "all-but=", .names = "defects", .list = true}},
      {"COMMAND", "", {.names = "commands"}},
  };
  return types;
}

// Types of values that only the user knows.
constexpr std::array<std::string_view, 9> kFree = {
    "N", "UINT", "SECONDS", "TIME", "FP", "FLAG", "HOST:PORT", "'CMD {port}'", "ADDRESS"};

}  // namespace

std::optional<ValueHint> HintFor(const OptionPart& option) {
  if (!option.members.empty()) return ValueHint{.words = option.members};
  for (const KnownType& known : KnownTypes()) {
    if (known.type != option.type) continue;
    const bool named =
        std::find(option.names.begin(), option.names.end(), known.name) != option.names.end();
    if (known.name.empty() || named || known.name == option.positional) return known.hint;
  }
  if (std::find(kFree.begin(), kFree.end(), option.type) != kFree.end()) return ValueHint{};
  return std::nullopt;
}

}  // namespace hupstorm
