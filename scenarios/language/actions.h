// What each action is called and what stands behind its name: one table that text, bytes and
// shrinking go by.

#ifndef HUPSTORM_SCENARIOS_LANGUAGE_ACTIONS_H_
#define HUPSTORM_SCENARIOS_LANGUAGE_ACTIONS_H_

#include <array>
#include <string_view>

#include "scenarios/language/scenario.h"

namespace hupstorm {

enum class Operand : uint8_t {
  kNone,
  kSize,         // bytes, 1 to kMaxSend; an expected size is from 0 to kMaxReceived
  kRequestSize,  // the same, or nothing, which is 0
  kText,         // Step::text
  kDuration,     // nanoseconds, 1 to kMaxWaitNs
  kDescriptors,  // 0 to kMaxDescriptors
  kFault,        // Step::fault and its client
};

struct ActionRow {
  Action action;
  std::string_view words;  // without the clients, and without "expect"
  Operand operand = Operand::kNone;
};

// In the order of the enumeration.
inline constexpr std::array kActions = {
    ActionRow{Action::kConnect, "connect"},
    ActionRow{Action::kSend, "send", Operand::kSize},
    ActionRow{Action::kSendText, "send", Operand::kText},
    ActionRow{Action::kSendUrgent, "send urgent"},
    ActionRow{Action::kRequest, "request", Operand::kRequestSize},
    ActionRow{Action::kRequestFirst, "request first", Operand::kSize},
    ActionRow{Action::kShutdownWrite, "shutdown write"},
    ActionRow{Action::kClose, "close"},
    ActionRow{Action::kReset, "reset"},
    ActionRow{Action::kVanish, "vanish"},
    ActionRow{Action::kRead, "read", Operand::kSize},
    ActionRow{Action::kReadAll, "read all"},
    ActionRow{Action::kReadNone, "read none"},
    ActionRow{Action::kBuffer, "buffer", Operand::kSize},
    ActionRow{Action::kServerStop, "server stop"},
    ActionRow{Action::kServerRestart, "server restart"},
    ActionRow{Action::kServerInterrupt, "server interrupt"},
    ActionRow{Action::kServerBufferSend, "server buffer send", Operand::kSize},
    ActionRow{Action::kServerBufferReceive, "server buffer receive", Operand::kSize},
    ActionRow{Action::kLimitDescriptors, "limit descriptors", Operand::kDescriptors},
    ActionRow{Action::kLimitMinus, "limit descriptors minus", Operand::kDescriptors},
    ActionRow{Action::kLimitNone, "limit descriptors none"},
    ActionRow{Action::kWait, "wait", Operand::kDuration},
    ActionRow{Action::kFault, "fault", Operand::kFault},
    ActionRow{Action::kFaultNone, "fault none"},
    ActionRow{Action::kExpectReceived, "received", Operand::kSize},
    ActionRow{Action::kExpectReceivedAtLeast, "received at least", Operand::kSize},
    ActionRow{Action::kExpectReceivedText, "received", Operand::kText},
    ActionRow{Action::kExpectEof, "eof"},
    ActionRow{Action::kExpectReset, "reset"},
    ActionRow{Action::kExpectOpen, "open"},
    ActionRow{Action::kExpectConnected, "connected"},
    ActionRow{Action::kExpectRefused, "refused"},
    ActionRow{Action::kExpectServerRunning, "server running"},
    ActionRow{Action::kExpectServerStopped, "server stopped"},
};
static_assert([] {
  for (size_t i = 0; i < kActions.size(); ++i) {
    if (kActions[i].action != static_cast<Action>(i)) return false;
  }
  return kActions.size() == static_cast<size_t>(kActionCount);
}());

inline constexpr const ActionRow& RowOf(Action action) {
  return kActions[static_cast<size_t>(action)];
}

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_LANGUAGE_ACTIONS_H_
