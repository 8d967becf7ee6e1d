// The arguments of a call that are more than a number, as text. Each takes memory that is known to
// be readable: null is the caller's to handle.

#ifndef HUPSTORM_KERNEL_TRACE_FORMAT_VALUE_H_
#define HUPSTORM_KERNEL_TRACE_FORMAT_VALUE_H_

#include <poll.h>
#include <signal.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace hupstorm {

// A C string literal of the first 32 of `total` bytes, followed by "..." if there are more.
std::string FormatBytes(std::string_view bytes, size_t total);
// The first `total` bytes that a vector holds, as one string.
std::string FormatParts(const iovec* parts, size_t count, size_t total);
std::string FormatAddress(const sockaddr* address, socklen_t length);  // {127.0.0.1:80}
std::string FormatOption(int level, int name, const void* value, socklen_t length);
std::string FormatSet(const fd_set& set, int count);  // [256 258]
std::string FormatPollFds(const pollfd* fds, size_t count, bool with_results);
std::string FormatSeconds(const timespec& time);  // 1.500000000
std::string FormatTimer(const itimerspec& timer);
std::string FormatSignals(uint64_t set);  // [SIGINT SIGTERM]
std::string FormatAction(const struct sigaction& action);

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_TRACE_FORMAT_VALUE_H_
