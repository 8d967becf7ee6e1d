// "Did you mean": messages for names that do not exist.

#ifndef HUPSTORM_TOOLS_CLI_SUGGEST_H_
#define HUPSTORM_TOOLS_CLI_SUGGEST_H_

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/errors.h"

namespace hupstorm {

// What `name`, a member or a function, gives of each item.
template <typename Items, typename Name>
std::vector<std::string> NamesOf(const Items& items, const Name& name) {
  std::vector<std::string> names;
  for (const auto& item : items) names.emplace_back(std::invoke(name, item));
  return names;
}

// The name that the user most likely meant: the one that ends in, or alone contains, what was typed
// ("epoll-queue"), else the one with the fewest edits. Empty if nothing is near.
std::string NearestName(std::string_view typed, std::span<const std::string> names);

// `; did you mean "epoll-queue"?`, or "." if nothing is near.
std::string DidYouMean(std::string_view typed, std::span<const std::string> names);

// unknown target "doc000/epol-queue"; did you mean "doc000/epoll-queue"? To see all: hupstorm list
// targets. If nothing is near but names begin with what was typed, some of these are shown.
UsageError UnknownName(std::string_view kind, std::string_view typed,
                       std::span<const std::string> names, std::string_view list_command);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CLI_SUGGEST_H_
