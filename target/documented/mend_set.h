// Which defects of a documented server are mended.

#ifndef HUPSTORM_TARGET_DOCUMENTED_MEND_SET_H_
#define HUPSTORM_TARGET_DOCUMENTED_MEND_SET_H_

#include <bitset>
#include <cstddef>
#include <cstdint>

namespace hupstorm {

// A mend bears the name of the defect that it mends. Servers share names, not code: each says for
// itself what a mend does there.
enum class Mend : uint8_t {
  kFinIgnored,
  kHupKeepsQueue,
  kResetKillsServer,
  kGetpeernameKillsServer,
  kShortSendDrops,
  kAcceptErrorKills,
  kForeignLogLine,
  kClosedStillWritable,
  kHalfCloseDropsQueue,
  kFdSetsize,
  kUnboundedQueue,
  kUrgentDataCloses,
  kExceptionalAfterClose,
  kUrgentDataKills,
  kInputStarvesOutput,
  kCloseKeepsFdMap,
  kUnregisterAfterClose,
  kPopitemRemovesWrongClient,
  kBlockingClientSocket,
  kSplitUtf8Kills,
  kCloseKeepsConnectionState,
  kHupKeepsRequestState,
  kBadLogKillsServer,
  kNonUtf8RequestKills,
  kUnreadInputResetsResponse,
  kUnboundedRequest,
};
inline constexpr size_t kMendCount = static_cast<size_t>(Mend::kUnboundedRequest) + 1;

class MendSet {
 public:
  bool Has(Mend mend) const { return bits_.test(static_cast<size_t>(mend)); }
  MendSet With(Mend mend) const {
    MendSet set = *this;
    set.bits_.set(static_cast<size_t>(mend));
    return set;
  }
  MendSet Without(Mend mend) const {
    MendSet set = *this;
    set.bits_.reset(static_cast<size_t>(mend));
    return set;
  }
  friend bool operator==(const MendSet&, const MendSet&) = default;

 private:
  std::bitset<kMendCount> bits_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_DOCUMENTED_MEND_SET_H_
