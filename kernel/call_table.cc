#include "kernel/call_table.h"

namespace hupstorm {
namespace {

// In the order of CallFamily.
constexpr std::string_view kFamilyNames[] = {
    "call",     "accept",      "recv",      "send",  "wait",       "close",
    "shutdown", "getpeername", "epoll_ctl", "fcntl", "setsockopt", "other",
};
static_assert(std::size(kFamilyNames) == kCallFamilyCount);

}  // namespace

std::string_view CallFamilyName(CallFamily family) {
  return kFamilyNames[static_cast<int>(family)];
}

std::optional<CallFamily> CallFamilyFromName(std::string_view name) {
  for (int i = 0; i < kCallFamilyCount; ++i) {
    const auto family = static_cast<CallFamily>(i);
    // "other" is no word of the language: it stands for calls that cannot be named.
    if (name == kFamilyNames[i] && family != CallFamily::kOther) return family;
  }
  return std::nullopt;
}

}  // namespace hupstorm
