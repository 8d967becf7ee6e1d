#include <algorithm>

#include "scenarios/language/actions.h"
#include "scenarios/language/bytes.h"
#include "scenarios/language/opcodes.h"

namespace hupstorm {
namespace {

using namespace opcodes;

// Writes what decode.cc reads, operand by operand, in the shortest form.
class Encoder {
 public:
  std::vector<uint8_t> Run(const Scenario& scenario) {
    if (scenario.protocol != Protocol::kEcho) {
      Code({.item = Item::kTarget});
      Byte(scenario.protocol ? static_cast<uint8_t>(*scenario.protocol) : 3);
    }
    if (scenario.rounds != 1) {
      Code({.item = Item::kRounds});
      Count(scenario.rounds, 1, kSmallRounds);
    }
    if (scenario.schedule != 0) {
      Code({.item = Item::kTarget});
      Byte(kEscape);
      Varint(scenario.schedule - 1);
    }
    for (const Step& step : scenario.steps) {
      if (!IsExpect(step.action)) EncodeStep(step);
    }
    return std::move(bytes_);
  }

 private:
  void Byte(uint8_t byte) { bytes_.push_back(byte); }

  void Code(const Opcode& wanted) {
    const auto same = [&](const Opcode& known) {
      return known.item == wanted.item && known.action == wanted.action &&
             known.letter == wanted.letter && known.together == wanted.together &&
             known.call == wanted.call;
    };
    const auto found = std::find_if(kOpcodes.begin(), kOpcodes.end(), same);
    Byte(static_cast<uint8_t>(found - kOpcodes.begin()));
  }

  void Varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) Byte(static_cast<uint8_t>(value | 0x80));
    Byte(static_cast<uint8_t>(value));
  }

  template <typename Table>
  void FromTable(const Table& table, uint64_t value) {
    const auto found = std::find(table.begin(), table.end(), value);
    if (found != table.end()) return Byte(static_cast<uint8_t>(found - table.begin()));
    Byte(kEscape);
    Varint(value - 1);
  }
  void Size(uint64_t size) { FromTable(kSizes, size); }
  void RequestSize(uint64_t size) {
    if (size == 0) return Byte(0);
    const auto found = std::find(kSizes.begin() + 1, kSizes.end(), size);
    if (found != kSizes.end()) return Byte(static_cast<uint8_t>(found - kSizes.begin()));
    Byte(kEscape);
    Varint(size);
  }
  void Duration(uint64_t nanoseconds) { FromTable(kDurations, nanoseconds); }

  void Count(uint64_t count, uint64_t min, uint64_t small) {
    if (count - min < small) return Byte(static_cast<uint8_t>(count - min));
    Byte(kEscape);
    Varint(count - min);
  }

  void Client(const Clients& client) {
    Byte(static_cast<uint8_t>(client.letter - 'a'));
    Varint(client.first);
  }

  void EncodeStep(const Step& step) {
    if (step.at) EncodePlacement(*step.at);
    if (IsClientAction(step.action)) return EncodeClientStep(step);
    if (step.together) Code({.item = Item::kPrefixTogether});
    if (step.action == Action::kFault) return EncodeFault(step);
    Code({.item = Item::kServerStep, .action = step.action});
    EncodeOperand(step);
  }

  void EncodeClientStep(const Step& step) {
    const Clients& clients = step.clients;
    const bool short_letter = clients.letter <= LastShortLetter(step.action);
    const uint32_t more = clients.last - clients.first;
    if (short_letter && clients.last == 0) {
      if (step.each) Code({.item = Item::kPrefixEach});
    } else if (short_letter && clients.first < 8 && more < kShapeGroup) {
      Code({.item = Item::kPrefixGroup});
      Byte(static_cast<uint8_t>(more | clients.first << 3 | (step.each ? kShapeEach : 0)));
    } else {
      if (step.each) Code({.item = Item::kPrefixEach});
      Code({.item = Item::kPrefixClients});
      Client(clients);
      Varint(more);
    }
    Code({.item = Item::kClientStep,
          .action = step.action,
          .letter = short_letter ? clients.letter : 'a',
          .together = step.together});
    EncodeOperand(step);
  }

  void EncodeOperand(const Step& step) {
    switch (RowOf(step.action).operand) {
      case Operand::kSize:
        return Size(step.amount);
      case Operand::kRequestSize:
        return RequestSize(step.amount);
      case Operand::kDuration:
        return Duration(step.amount);
      case Operand::kDescriptors:
        return Count(step.amount, 0, kSmallDescriptors);
      case Operand::kText:
        Count(step.text.size(), 1, kSmallText);
        bytes_.insert(bytes_.end(), step.text.begin(), step.text.end());
        return;
      case Operand::kNone:
      case Operand::kFault:
        return;
    }
  }

  void EncodeFault(const Step& step) {
    const FaultRule& rule = step.fault;
    Code({.item = Item::kFault, .action = Action::kFault});
    Byte(PairByte({rule.call, rule.outcome}));
    const auto times = std::find(kFaultTimes.begin(), kFaultTimes.end(), rule.times);
    if (times != kFaultTimes.end() && rule.after < kShapeAfters && IsShort(step.fault_client)) {
      Byte(static_cast<uint8_t>(ShapeOf(step.fault_client) | (times - kFaultTimes.begin()) << 3 |
                                rule.after << 5));
    } else {
      Byte(kEscape);
      Varint(rule.times == kAlways ? 0 : rule.times);
      Varint(rule.after);
      OptionalClient(step.fault_client);
    }
    if (rule.outcome == FaultOutcome::kShort) Size(rule.amount);
  }

  void EncodePlacement(const Placement& at) {
    Code({.item = Item::kPrefixAt, .call = at.call});
    if (at.occurrence <= kShapeOccurrences && IsShort(at.client)) {
      Byte(static_cast<uint8_t>(ShapeOf(at.client) | (at.occurrence - 1) << 3));
    } else {
      Byte(kEscape);
      Varint(at.occurrence - 1);
      OptionalClient(at.client);
    }
  }

  static bool IsShort(const std::optional<Clients>& client) {
    return !client || (client->letter < 'a' + kShapeLetters && client->first == 0);
  }
  static int ShapeOf(const std::optional<Clients>& client) {
    return client ? client->letter - 'a' : kShapeAnyClient;
  }
  void OptionalClient(const std::optional<Clients>& client) {
    Byte(client ? 1 : 0);
    if (client) Client(*client);
  }

  std::vector<uint8_t> bytes_;
};

}  // namespace

std::vector<uint8_t> EncodeScenario(const Scenario& scenario) { return Encoder().Run(scenario); }

}  // namespace hupstorm
