#include "kernel/simulated/kept_options.h"

#include <errno.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>

#include "kernel/simulated/state.h"

namespace hupstorm::simulated {

// How a value is kept.
enum class Keep : uint8_t {
  kFlag,       // 1 for all but 0
  kNumber,     // as it is
  kNothing,    // taken, and reads as it was
  kNoEcnBits,  // less the two bits of a traffic class that are TCP's own
};

struct KeptOption {
  int level;
  int name;
  Keep keep;
  int initial = 0;
  int least = INT_MIN;
  int most = INT_MAX;
  int capability = -1;  // what it takes to set it to something; -1: nothing
  int least_length =
      -1;  // -1: as its level has it; what is shorter than an int counts as 0 or a byte
};

namespace {

// Of Linux 6.x; older headers do not name them all.
constexpr int kTcpRtoMaxMs = 44;
constexpr int kTcpRtoMinUs = 45;
constexpr int kTcpDelackMaxUs = 46;
constexpr int kSoTxRehash = 74;
constexpr int kSoRcvMark = 75;
constexpr int kSoRcvPriority = 82;
constexpr int kLeastTimerUs = 8'000;  // TCP_TIMEOUT_MIN, two ticks of 4 ms
constexpr int kMostTimerUs = 200'000;

// clang-format off
constexpr KeptOption kTable[] = {
    {SOL_SOCKET, SO_DEBUG, Keep::kFlag, 0, INT_MIN, INT_MAX, CAP_NET_ADMIN},
    {SOL_SOCKET, SO_NO_CHECK, Keep::kFlag},
    {SOL_SOCKET, SO_BSDCOMPAT, Keep::kNothing},
    {SOL_SOCKET, SO_TIMESTAMPNS, Keep::kFlag},
    {SOL_SOCKET, SO_RXQ_OVFL, Keep::kFlag},
    {SOL_SOCKET, SO_WIFI_STATUS, Keep::kFlag},
    {SOL_SOCKET, SO_NOFCS, Keep::kFlag},
    {SOL_SOCKET, SO_SELECT_ERR_QUEUE, Keep::kFlag},
    {SOL_SOCKET, SO_BUSY_POLL, Keep::kNumber, 0, 0, INT_MAX},
    {SOL_SOCKET, SO_ZEROCOPY, Keep::kNumber, 0, 0, 1},
    {SOL_SOCKET, SO_PREFER_BUSY_POLL, Keep::kFlag, 0, INT_MIN, INT_MAX, CAP_NET_ADMIN},
    {SOL_SOCKET, kSoTxRehash, Keep::kFlag, 1, -1, 1},
    {SOL_SOCKET, kSoRcvMark, Keep::kFlag},
    {SOL_SOCKET, kSoRcvPriority, Keep::kFlag},

    {IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, Keep::kNumber, 0, 0, 1},
    {IPPROTO_TCP, TCP_THIN_DUPACK, Keep::kNothing, 0, 0, 1},
    {IPPROTO_TCP, TCP_SAVE_SYN, Keep::kNumber, 0, 0, 2},
    {IPPROTO_TCP, TCP_TX_DELAY, Keep::kNumber, 0, 0, INT_MAX},
    {IPPROTO_TCP, kTcpRtoMaxMs, Keep::kNumber, 120'000, 1'000, 120'000},
    {IPPROTO_TCP, kTcpRtoMinUs, Keep::kNumber, 200'000, kLeastTimerUs, kMostTimerUs},
    {IPPROTO_TCP, kTcpDelackMaxUs, Keep::kNumber, 200'000, kLeastTimerUs, kMostTimerUs},

    {IPPROTO_IP, IP_RECVOPTS, Keep::kFlag},
    {IPPROTO_IP, IP_RETOPTS, Keep::kFlag},
    {IPPROTO_IP, IP_PKTINFO, Keep::kFlag},
    {IPPROTO_IP, IP_MTU_DISCOVER, Keep::kNumber, IP_PMTUDISC_WANT, IP_PMTUDISC_DONT, IP_PMTUDISC_OMIT},
    {IPPROTO_IP, IP_RECVERR, Keep::kFlag},
    {IPPROTO_IP, IP_RECVTTL, Keep::kFlag},
    {IPPROTO_IP, IP_RECVTOS, Keep::kFlag},
    {IPPROTO_IP, IP_FREEBIND, Keep::kFlag, 0, INT_MIN, INT_MAX, -1, 1},
    {IPPROTO_IP, IP_PASSSEC, Keep::kFlag},
    {IPPROTO_IP, IP_TRANSPARENT, Keep::kFlag, 0, INT_MIN, INT_MAX, CAP_NET_ADMIN, 1},
    {IPPROTO_IP, IP_ORIGDSTADDR, Keep::kFlag},
    {IPPROTO_IP, IP_MINTTL, Keep::kNumber, 0, 0, 255, -1, 1},
    {IPPROTO_IP, IP_CHECKSUM, Keep::kFlag},
    {IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, Keep::kFlag},
    {IPPROTO_IP, IP_RECVERR_RFC4884, Keep::kNumber, 0, 0, 1},

    {IPPROTO_IPV6, IPV6_TCLASS, Keep::kNoEcnBits, 0, -1, 255},
    {IPPROTO_IPV6, IPV6_MTU_DISCOVER, Keep::kNumber, IPV6_PMTUDISC_WANT, IPV6_PMTUDISC_DONT, IPV6_PMTUDISC_OMIT},
    {IPPROTO_IPV6, IPV6_RECVERR, Keep::kFlag},
    {IPPROTO_IPV6, IPV6_RECVPKTINFO, Keep::kFlag},
    {IPPROTO_IPV6, IPV6_RECVHOPLIMIT, Keep::kFlag},
    {IPPROTO_IPV6, IPV6_RECVTCLASS, Keep::kFlag},
    {IPPROTO_IPV6, IPV6_DONTFRAG, Keep::kFlag, 0, INT_MIN, INT_MAX, -1, 0},
    {IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, Keep::kFlag, 1, INT_MIN, INT_MAX, -1, 0},
    {IPPROTO_IPV6, IPV6_MINHOPCOUNT, Keep::kNumber, 0, 0, 255},
    {IPPROTO_IPV6, IPV6_ORIGDSTADDR, Keep::kFlag},
    {IPPROTO_IPV6, IPV6_TRANSPARENT, Keep::kFlag, 0, INT_MIN, INT_MAX, CAP_NET_ADMIN},
    {IPPROTO_IPV6, IPV6_FREEBIND, Keep::kFlag},
};
// clang-format on
static_assert(std::size(kTable) <= kMostKeptOptions);

constexpr int kNames = 128;

// The place of SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP and IPPROTO_IPV6 in kRows; -1: another level.
constexpr int PlaceOf(int level) {
  switch (level) {
    case SOL_SOCKET:
      return 0;
    case IPPROTO_TCP:
      return 1;
    case IPPROTO_IP:
      return 2;
    case IPPROTO_IPV6:
      return 3;
    default:
      return -1;
  }
}

// Of each level and name its row of kTable, plus one. SO_ERROR is asked for so often that a search
// through the table showed.
constexpr auto kRows = [] {
  std::array<std::array<uint8_t, kNames>, 4> rows{};
  for (size_t row = 0; row < std::size(kTable); ++row) {
    rows[static_cast<size_t>(PlaceOf(kTable[row].level))][static_cast<size_t>(kTable[row].name)] =
        static_cast<uint8_t>(row + 1);
  }
  return rows;
}();

}  // namespace

const KeptOption* FindKept(int level, int name) {
  const int place = PlaceOf(level);
  if (place < 0 || name < 0 || name >= kNames) return nullptr;
  const size_t row = kRows[static_cast<size_t>(place)][static_cast<size_t>(name)];
  return row == 0 ? nullptr : &kTable[row - 1];
}

int GetKept(const TcpEndpoint& endpoint, const KeptOption& option) {
  return endpoint.kept != nullptr ? endpoint.kept->of[&option - kTable] : option.initial;
}

KeptValues& KeptOf(Kernel& kernel, TcpEndpoint& endpoint) {
  if (endpoint.kept == nullptr) {
    endpoint.kept = kernel.kept_options.New();
    *endpoint.kept = {};
    for (const KeptOption& row : kTable) endpoint.kept->of[&row - kTable] = row.initial;
  }
  return *endpoint.kept;
}

int SetKept(Kernel& kernel, TcpEndpoint& endpoint, const KeptOption& option, const void* bytes,
            socklen_t length) {
  const bool of_ip = option.level == IPPROTO_IP;
  const socklen_t least = option.least_length >= 0 ? static_cast<socklen_t>(option.least_length)
                          : of_ip                  ? 0
                                                   : sizeof(int);
  if (length < least) return -EINVAL;
  int value = 0;
  if (length >= sizeof(value)) {
    std::memcpy(&value, bytes, sizeof(value));
  } else if (of_ip && length > 0) {
    value = *static_cast<const unsigned char*>(bytes);
  }
  if (value < option.least || value > option.most) return -EINVAL;
  if (option.capability >= 0 && value != 0 && !IsCapable(option.capability)) {
    return option.name == SO_DEBUG && option.level == SOL_SOCKET ? -EACCES : -EPERM;
  }
  int& kept = KeptOf(kernel, endpoint).of[&option - kTable];
  switch (option.keep) {
    case Keep::kFlag:
      kept = value != 0;
      break;
    case Keep::kNumber:
      kept = value;
      break;
    case Keep::kNoEcnBits:
      kept = std::max(value, 0) & ~3;
      break;
    case Keep::kNothing:
      break;
  }
  return 0;
}

void InheritKept(Kernel& kernel, const TcpEndpoint& from, TcpEndpoint& to) {
  if (from.kept == nullptr) return;
  KeptOf(kernel, to) = *from.kept;
}

void FreeKept(Kernel& kernel, TcpEndpoint& endpoint) {
  if (endpoint.kept == nullptr) return;
  kernel.kept_options.Delete(endpoint.kept);
  endpoint.kept = nullptr;
}

bool IsCapable(int capability) {
  __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capget, &header, data) != 0) return false;
  return (data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability)) != 0;
}

}  // namespace hupstorm::simulated
