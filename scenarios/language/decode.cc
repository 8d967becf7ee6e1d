#include <algorithm>
#include <cstring>

#include "scenarios/language/actions.h"
#include "scenarios/language/bytes.h"
#include "scenarios/language/opcodes.h"

namespace hupstorm {
namespace {

using namespace opcodes;

// By pair byte. Every call and outcome that may stand together is at its own place; the rest of the
// table is filled with all of them in turn.
const std::array<FaultPair, 256>& FaultPairs() {
  static const std::array<FaultPair, 256> pairs = [] {
    std::array<FaultPair, 256> table{};
    const std::span<const LegalFault> legal = LegalFaults();
    for (size_t i = 0; i < table.size(); ++i) {
      const LegalFault& fault = legal[i % legal.size()];
      table[i] = {fault.call, fault.outcome};
    }
    for (const LegalFault& fault : legal) {
      const FaultPair pair{fault.call, fault.outcome};
      table[PairByte(pair)] = pair;
    }
    return table;
  }();
  return pairs;
}

// Reads operands; past the end all bytes are zero.
class Operands {
 public:
  explicit Operands(std::span<const uint8_t> bytes)
      : next_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool AtEnd() const { return next_ == end_; }
  uint8_t Byte() { return AtEnd() ? 0 : *next_++; }

  // LEB128: seven bits a byte, the lowest first; bit 7 says that another follows.
  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = Byte();
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) break;
    }
    return value;
  }
  // From `min` to `max`, whatever the bytes are.
  uint64_t Exact(uint64_t min, uint64_t max) { return min + Varint() % (max - min + 1); }

  uint64_t Size() {
    const uint8_t byte = Byte();
    return byte == kEscape ? Exact(1, kMaxSend) : kSizes[SizeIndex(byte)];
  }
  uint64_t RequestSize() {  // 0 is a request as short as it can be
    const uint8_t byte = Byte();
    if (byte == kEscape) return Exact(0, kMaxSend);
    const size_t index = SizeIndex(byte);
    return index == 0 ? 0 : kSizes[index];
  }
  uint64_t Duration() {
    const uint8_t byte = Byte();
    return byte == kEscape ? Exact(1, kMaxWaitNs) : kDurations[byte % kDurations.size()];
  }
  uint64_t Count(uint64_t min, uint64_t small, uint64_t max) {
    const uint8_t byte = Byte();
    return byte == kEscape ? Exact(min, max) : min + byte % small;
  }
  void Text(std::string& text, size_t most) {
    const size_t wanted = std::min<size_t>(Count(1, kSmallText, kMaxText), most);
    const size_t count = std::min<size_t>(wanted, end_ - next_);
    text.assign(reinterpret_cast<const char*>(next_), count);
    next_ += count;
    if (text.empty()) text = "?";
  }
  std::optional<Clients> OptionalClient() {
    if (Byte() % 2 == 0) return std::nullopt;
    const char letter = static_cast<char>('a' + Byte() % 26);
    const uint32_t index = static_cast<uint32_t>(Exact(0, kMaxClientIndex));
    return Clients{.letter = letter, .first = index, .last = index};
  }

 private:
  const uint8_t* next_;
  const uint8_t* end_;
};

std::optional<Clients> ShapeClient(uint8_t shape) {
  if ((shape & kShapeAnyClient) != 0) return std::nullopt;
  return Clients{.letter = static_cast<char>('a' + shape % kShapeLetters), .first = 0, .last = 0};
}

class Decoder {
 public:
  Decoder(std::span<const uint8_t> bytes, Scenario& scenario)
      : operands_(bytes), scenario_(scenario) {}

  void Run() {
    scenario_.name.clear();
    scenario_.file.clear();
    scenario_.title.clear();
    scenario_.protocol = Protocol::kEcho;
    scenario_.rounds = 1;
    scenario_.schedule = 0;
    while (!operands_.AtEnd() && count_ < kMaxSteps && text_left_ > 0) Next();
    if (count_ == 0) NewStep(Action::kConnect);  // a scenario does something
    scenario_.steps.resize(count_);
  }

 private:
  void Next() {
    const Opcode& opcode = kOpcodes[operands_.Byte()];
    switch (opcode.item) {
      case Item::kClientStep:
        return ClientStep(opcode);
      case Item::kServerStep:
        return ReadOperand(NewStep(opcode.action));
      case Item::kFault:
        return Fault();
      case Item::kPrefixAt:
        return PrefixAt(opcode.call);
      case Item::kPrefixGroup: {
        const uint8_t shape = operands_.Byte();
        group_ = true;
        first_ = shape / 8 % 8;
        last_ = first_ + shape % kShapeGroup;
        each_ = (shape & kShapeEach) != 0;
        return;
      }
      case Item::kPrefixClients:
        group_ = true;
        letter_ = static_cast<char>('a' + operands_.Byte() % 26);
        first_ = static_cast<uint32_t>(operands_.Exact(0, kMaxClientIndex));
        last_ = static_cast<uint32_t>(first_ + operands_.Exact(0, kMaxClientIndex - first_));
        return;
      case Item::kPrefixEach:
        each_ = true;
        return;
      case Item::kPrefixTogether:
        together_ = true;
        return;
      case Item::kTarget: {
        const uint8_t byte = operands_.Byte();
        if (byte == kEscape) {
          scenario_.schedule = static_cast<uint32_t>(operands_.Exact(1, kMaxSchedule));
          return;
        }
        const uint8_t protocol = byte % 4;
        scenario_.protocol = static_cast<Protocol>(protocol);
        if (protocol == 3) scenario_.protocol = std::nullopt;
        return;
      }
      case Item::kRounds:
        scenario_.rounds = static_cast<uint32_t>(operands_.Count(1, kSmallRounds, kMaxRounds));
        return;
    }
  }

  // Takes the prefixes; whatever a step does not use is as in a new one.
  Step& NewStep(Action action) {
    if (count_ == scenario_.steps.size()) scenario_.steps.emplace_back();
    Step& step = scenario_.steps[count_];
    std::string text = std::move(step.text);  // what it has allocated
    text.clear();
    step = Step();
    step.action = action;
    step.together = together_ && count_ != 0;
    step.at = at_;
    step.text = std::move(text);
    ++count_;
    together_ = false;
    at_.reset();
    return step;
  }

  void ClientStep(const Opcode& opcode) {
    together_ |= opcode.together;
    Step& step = NewStep(opcode.action);
    step.each = each_;
    step.clients.letter = letter_ != 0 ? letter_ : opcode.letter;
    if (group_) {
      step.clients.first = first_;
      step.clients.last = last_;
    }
    group_ = each_ = false;
    letter_ = 0;
    ReadOperand(step);
  }

  void ReadOperand(Step& step) {
    switch (RowOf(step.action).operand) {
      case Operand::kSize:
        step.amount = operands_.Size();
        break;
      case Operand::kRequestSize:
        step.amount = operands_.RequestSize();
        break;
      case Operand::kDuration:
        step.amount = operands_.Duration();
        break;
      case Operand::kDescriptors:
        step.amount = operands_.Count(0, kSmallDescriptors, kMaxDescriptors);
        break;
      case Operand::kText:
        operands_.Text(step.text, text_left_);
        text_left_ -= std::min(text_left_, step.text.size());
        break;
      case Operand::kNone:
      case Operand::kFault:
        break;
    }
  }

  void Fault() {
    Step& step = NewStep(Action::kFault);
    const FaultPair pair = FaultPairs()[operands_.Byte()];
    step.fault.call = pair.call;
    step.fault.outcome = pair.outcome;
    const uint8_t shape = operands_.Byte();
    if (shape == kEscape) {
      const uint64_t times = operands_.Exact(0, kMaxOccurrence);
      step.fault.times = times == 0 ? kAlways : static_cast<uint32_t>(times);
      step.fault.after = static_cast<uint32_t>(operands_.Exact(0, kMaxOccurrence));
      step.fault_client = operands_.OptionalClient();
    } else {
      step.fault.times = kFaultTimes[shape / 8 % 4];
      step.fault.after = shape / 32 % kShapeAfters;
      step.fault_client = ShapeClient(shape);
    }
    if (pair.outcome == FaultOutcome::kShort) {
      step.fault.amount = static_cast<uint32_t>(operands_.Size());
    }
  }

  void PrefixAt(CallFamily call) {
    Placement& at = at_.emplace();
    at.call = call;
    const uint8_t shape = operands_.Byte();
    if (shape == kEscape) {
      at.occurrence = static_cast<uint32_t>(operands_.Exact(1, kMaxOccurrence));
      at.client = operands_.OptionalClient();
    } else {
      at.occurrence = 1 + shape / 8 % kShapeOccurrences;
      at.client = ShapeClient(shape);
    }
  }

  Operands operands_;
  Scenario& scenario_;
  size_t count_ = 0;
  size_t text_left_ = kMaxAllText;

  // Prefixes that wait for their step. A step that has no clients leaves those about clients alone.
  std::optional<Placement> at_;
  bool together_ = false;
  bool each_ = false;
  bool group_ = false;
  char letter_ = 0;
  uint32_t first_ = 0;
  uint32_t last_ = 0;
};

}  // namespace

void DecodeScenario(std::span<const uint8_t> bytes, Scenario& scenario) {
  Decoder(bytes, scenario).Run();
}

Scenario DecodeScenario(std::span<const uint8_t> bytes) {
  Scenario scenario;
  DecodeScenario(bytes, scenario);
  return scenario;
}

}  // namespace hupstorm
