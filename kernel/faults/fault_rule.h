// A fault as data: which call, on which connection, which occurrence, what outcome. Only outcomes
// that Linux may produce can be said; the table behind `LegalFaults` names where each comes from.

#ifndef HUPSTORM_KERNEL_FAULTS_FAULT_RULE_H_
#define HUPSTORM_KERNEL_FAULTS_FAULT_RULE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "kernel/call_table.h"

namespace hupstorm {

enum class FaultOutcome : uint8_t {
  kShort,         // "short N": at most N bytes are moved (N >= 1)
  kEintr,         // "EINTR", only if the call would sleep
  kEagain,        // "EAGAIN", only on a non-blocking descriptor
  kEmfile,        // "EMFILE"
  kEnfile,        // "ENFILE"
  kEnobufs,       // "ENOBUFS"
  kEnomem,        // "ENOMEM"
  kEnospc,        // "ENOSPC"
  kEconnaborted,  // "ECONNABORTED": the connection is taken from the queue and is lost
  kEconnreset,    // "ECONNRESET": the peer's RST arrives just before the call
  kEpipe,         // "EPIPE": the peer's FIN and RST arrive just before the call
};
inline constexpr int kFaultOutcomeCount = static_cast<int>(FaultOutcome::kEpipe) + 1;
std::string_view FaultOutcomeName(FaultOutcome outcome);  // "short", "EINTR", ...
std::optional<FaultOutcome> FaultOutcomeFromName(std::string_view name);

inline constexpr uint32_t kAlways = UINT32_MAX;
inline constexpr int64_t kAnyConnection = -1;

struct FaultRule {
  CallFamily call = CallFamily::kRecv;
  FaultOutcome outcome = FaultOutcome::kShort;
  uint32_t amount = 1;                  // kShort: the most bytes moved
  uint32_t after = 0;                   // matching calls that pass unharmed first
  uint32_t times = 1;                   // calls that are harmed then; kAlways
  int64_t connection = kAnyConnection;  // a key that the injector's owner gives meaning to

  friend bool operator==(const FaultRule&, const FaultRule&) = default;
};

// One row of the table of what Linux may produce.
struct LegalFault {
  CallFamily call;
  FaultOutcome outcome;
  std::string_view source;   // "accept(2)", "net/ipv4/tcp.c tcp_sendmsg_locked", ...
  std::string_view meaning;  // one sentence for `hupstorm explain`
};
std::span<const LegalFault> LegalFaults();
bool IsLegal(CallFamily call, FaultOutcome outcome);

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_FAULTS_FAULT_RULE_H_
