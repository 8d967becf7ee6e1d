// Names for the numbers in calls, as the manual and strace spell them.

#ifndef HUPSTORM_KERNEL_TRACE_SYMBOLS_H_
#define HUPSTORM_KERNEL_TRACE_SYMBOLS_H_

#include <cstdint>
#include <string>

namespace hupstorm {

// Sets of flags: "EPOLLIN|EPOLLET", bits without a name in hexadecimal, "0" for none.
std::string EpollEventNames(uint32_t events);
std::string PollEventNames(int events);
std::string MessageFlagNames(int flags);
std::string StatusFlagNames(int flags);  // of F_SETFL: "O_RDWR|O_NONBLOCK"
// Of calls that create descriptors, which have one pair of values under several names:
// "EFD_NONBLOCK|EFD_CLOEXEC" for the prefix "EFD".
std::string CreationFlagNames(const char* prefix, int flags);
std::string SocketTypeNames(int type);     // SOCK_STREAM|SOCK_NONBLOCK
std::string TimerfdFlagNames(int flags);   // of timerfd_settime
std::string SignalActionNames(int flags);  // SA_RESTART, ...

// Single values: the number if there is no name.
std::string ErrorName(int error);  // "ECONNRESET"
std::string SignalName(int signal);
std::string DomainName(int domain);
std::string ShutdownName(int how);
std::string OptionLevelName(int level);
std::string OptionName(int level, int name);
std::string FcntlCommandName(int command);
std::string IoctlRequestName(unsigned long request);
std::string EpollOperationName(int operation);
std::string ClockName(int clock);

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_TRACE_SYMBOLS_H_
