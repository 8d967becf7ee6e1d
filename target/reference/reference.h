// The reference server as targets: an echo server that is meant to have no defect, in four forms.

#ifndef HUPSTORM_TARGET_REFERENCE_REFERENCE_H_
#define HUPSTORM_TARGET_REFERENCE_REFERENCE_H_

#include <optional>
#include <string_view>
#include <vector>

#include "target/reference/multiplexer.h"
#include "target/target.h"

namespace hupstorm {

// reference/select, reference/poll, reference/epoll-lt, reference/epoll-et.
std::vector<Target> ReferenceTargets();

// The one of that name. Throws std::out_of_range for any other.
Target ReferenceTarget(std::string_view name);

// "select", "poll", "epoll-lt", "epoll-et", as on the command line.
std::string_view MultiplexerName(MultiplexerKind kind);
std::optional<MultiplexerKind> MultiplexerFromName(std::string_view name);

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_REFERENCE_REFERENCE_H_
