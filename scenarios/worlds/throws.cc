#include "scenarios/worlds/throws.h"

#include <cstring>
#include <exception>

namespace hupstorm {

void Throws::Start(bool wanted) {
  throw_listener = wanted ? this : nullptr;
  if (!wanted) return;
  thrown_.clear();
  last_call_ = 0;
}

std::optional<Throws::Thrown> Throws::Current() const {
  const std::exception_ptr current = std::current_exception();
  const void* exception = nullptr;  // libstdc++'s exception_ptr is a pointer to the object
  static_assert(sizeof(exception) == sizeof(current));
  std::memcpy(&exception, &current, sizeof(exception));
  const auto found = thrown_.find(exception);
  if (found == thrown_.end()) return std::nullopt;
  return found->second;
}

void Throws::OnThrow(const void* exception, const void* inner) {
  host_.WalkStack(walk_, inner);
  const uint64_t call = ledger_.calls.last();
  Thrown& thrown = thrown_[exception];
  thrown = {.stack = ToCallStack(walk_), .call = call != last_call_ ? call : 0};
  thrown.stack.callee = "throw";
  last_call_ = call;
}

}  // namespace hupstorm
