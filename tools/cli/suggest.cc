#include "tools/cli/suggest.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/nearest_word.h"

namespace hupstorm {
namespace {

// A name longer than this is no misspelling of ours; it also bounds the work below.
constexpr size_t kLongest = 200;
// Fewer letters are part of too many names.
constexpr size_t kShortestPart = 3;

// Some of the names that what was typed is the beginning of: "; there are reference/select, ...".
std::string NamesThatBegin(std::string_view typed, std::span<const std::string> names) {
  constexpr int kMostShown = 4;
  if (typed.size() < kShortestPart) return {};
  std::string text;
  int count = 0;
  for (const std::string& name : names) {
    if (!name.starts_with(typed) || ++count > kMostShown) continue;
    text += (text.empty() ? "; there are " : ", ") + name;
  }
  if (count > kMostShown) text += " and others";
  return text;
}

}  // namespace

std::string NearestName(std::string_view typed, std::span<const std::string> names) {
  if (typed.empty() || typed.size() > kLongest) return {};
  const std::string* containing = nullptr;
  int containing_count = 0;
  for (const std::string& name : names) {
    if (name.size() > typed.size() && name.ends_with(typed) &&
        name[name.size() - typed.size() - 1] == '/') {
      return name;
    }
    if (typed.size() >= kShortestPart && name.find(typed) != std::string::npos) {
      containing = &name;
      ++containing_count;
    }
  }
  if (containing_count == 1) return *containing;

  size_t best = std::max<size_t>(1, typed.size() / 3) + 1;
  std::string nearest;
  for (const std::string& name : names) {
    // What was typed may leave out the folder: "fin-ignord" is near doc000/epoll-queue/fin-ignored.
    const size_t edits =
        std::min(Edits(typed, name), Edits(typed, name.substr(name.rfind('/') + 1)));
    if (edits < best) {
      best = edits;
      nearest = name;
    }
  }
  return nearest;
}

std::string DidYouMean(std::string_view typed, std::span<const std::string> names) {
  const std::string nearest = NearestName(typed, names);
  return nearest.empty() ? "." : fmt::format("; did you mean \"{}\"?", nearest);
}

UsageError UnknownName(std::string_view kind, std::string_view typed,
                       std::span<const std::string> names, std::string_view list_command) {
  std::string guess = DidYouMean(typed, names);
  if (guess == ".") guess = NamesThatBegin(typed, names) + ".";
  return UsageError("unknown {} \"{}\"{} To see all: {}", kind, typed.substr(0, kLongest), guess,
                    list_command);
}

}  // namespace hupstorm
