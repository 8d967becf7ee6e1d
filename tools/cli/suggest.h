// "Did you mean": messages for names that do not exist.

#ifndef HUPSTORM_TOOLS_CLI_SUGGEST_H_
#define HUPSTORM_TOOLS_CLI_SUGGEST_H_

#include <span>
#include <string>
#include <string_view>

#include "tools/cli/errors.h"

namespace hupstorm {

// The name that the user most likely meant: the one that ends in, or alone contains, what was typed
// ("epoll-queue"), else the one with the fewest edits. Empty where nothing is near.
std::string NearestName(std::string_view typed, std::span<const std::string> names);

// `; did you mean "epoll-queue"?`, or "." if nothing is near.
std::string DidYouMean(std::string_view typed, std::span<const std::string> names);

// unknown target "doc000/epol-queue"; did you mean "doc000/epoll-queue"? To see all: hupstorm list
// targets. Where nothing is near but names begin so, some of these are shown.
UsageError UnknownName(std::string_view kind, std::string_view typed,
                       std::span<const std::string> names, std::string_view list_command);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CLI_SUGGEST_H_
