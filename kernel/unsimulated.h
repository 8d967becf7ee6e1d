// A server has made a call that is not simulated. To answer it with anything would be to judge the
// server by that.

#ifndef HUPSTORM_KERNEL_UNSIMULATED_H_
#define HUPSTORM_KERNEL_UNSIMULATED_H_

#include <string_view>

namespace hupstorm {

// Ends the process: writes `what` ("setsockopt: TCP option 19 is not simulated") to standard error,
// and aborts; or does what the handler does, if there is one.
[[noreturn]] void EndUnsimulated(std::string_view what);

// `handler` may not return. Null: none.
void SetUnsimulatedHandler(void (*handler)(std::string_view what));

// Options and commands that are not simulated fail as they do on a Linux that is too old for them:
// for programs that nobody here can change.
void BeOlderLinux();
bool IsOlderLinux();

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_UNSIMULATED_H_
