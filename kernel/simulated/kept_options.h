// Socket options that nothing else in the simulation depends on. They are checked, kept and given
// back as Linux would. Most sockets set none, and have no memory for them.

#ifndef HUPSTORM_KERNEL_SIMULATED_KEPT_OPTIONS_H_
#define HUPSTORM_KERNEL_SIMULATED_KEPT_OPTIONS_H_

#include <sys/socket.h>

namespace hupstorm::simulated {

struct Kernel;
struct TcpEndpoint;
struct KeptOption;  // a row of the table

inline constexpr int kMostKeptOptions = 56;
struct KeptValues {
  int of[kMostKeptOptions];
  char congestion_control[16];  // empty: by default
};

// The endpoint's own, made if it has none.
KeptValues& KeptOf(Kernel& kernel, TcpEndpoint& endpoint);
// Null if `name` is not such an option.
const KeptOption* FindKept(int level, int name);
int GetKept(const TcpEndpoint& endpoint, const KeptOption& option);
// Returns 0 or a negative errno.
int SetKept(Kernel& kernel, TcpEndpoint& endpoint, const KeptOption& option, const void* value,
            socklen_t length);
// An accepted connection has its listener's.
void InheritKept(Kernel& kernel, const TcpEndpoint& from, TcpEndpoint& to);
void FreeKept(Kernel& kernel, TcpEndpoint& endpoint);

// Whether this process may do what takes `capability` (capabilities(7)), CAP_NET_ADMIN say.
bool IsCapable(int capability);

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_KEPT_OPTIONS_H_
