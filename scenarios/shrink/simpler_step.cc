#include "scenarios/shrink/simpler_step.h"

#include <algorithm>
#include <type_traits>

#include "scenarios/language/actions.h"

namespace hupstorm {
namespace {

// The number that `field` points to in a step.
template <typename Field>
StepNumber Number(Step step, uint64_t least, NumberKind kind, Field field) {
  return {*field(step), least, kind, [](Step& it, uint64_t value) {
            auto& number = *Field()(it);
            number = static_cast<std::remove_reference_t<decltype(number)>>(value);
          }};
}

StepNumber AmountOf(const Step& step) {
  const auto amount = [](Step& it) { return &it.amount; };
  switch (RowOf(step.action).operand) {
    case Operand::kSize:
      return Number(step, 1, NumberKind::kSize, amount);
    case Operand::kRequestSize:
      return Number(step, 0, NumberKind::kSize, amount);
    case Operand::kDuration:
      return Number(step, 1, NumberKind::kDuration, amount);
    case Operand::kDescriptors:
      return Number(step, 0, NumberKind::kCount, amount);
    default:
      return {};
  }
}

void AddFaultNumbers(const Step& step, std::vector<StepNumber>& numbers) {
  const auto add = [&](uint64_t least, NumberKind kind, auto field) {
    numbers.push_back(Number(step, least, kind, field));
  };
  add(0, NumberKind::kCount, [](Step& it) { return &it.fault.after; });
  if (step.fault.outcome == FaultOutcome::kShort) {
    add(1, NumberKind::kSize, [](Step& it) { return &it.fault.amount; });
  }
  if (step.fault.times != kAlways) {
    add(1, NumberKind::kCount, [](Step& it) { return &it.fault.times; });
  }
}

}  // namespace

std::vector<Step> SimplerSteps(const Step& step) {
  std::vector<Step> simpler;
  const auto add = [&](auto change) {
    Step changed = step;
    change(changed);
    simpler.push_back(std::move(changed));
  };
  if (step.at) add([](Step& it) { it.at.reset(); });
  if (step.at && step.at->client) add([](Step& it) { it.at->client.reset(); });
  if (step.together) add([](Step& it) { it.together = false; });
  if (step.each) add([](Step& it) { it.each = false; });
  switch (step.action) {
    case Action::kRequest:
      add([](Step& it) {
        it.action = Action::kSend;
        it.amount = std::max<uint64_t>(it.amount, 1);
      });
      break;
    case Action::kRequestFirst:
      add([](Step& it) { it.action = Action::kSend; });
      break;
    case Action::kSendText:
      add([](Step& it) {
        it.action = Action::kSend;
        it.amount = it.text.size();
        it.text.clear();
      });
      break;
    case Action::kRead:
      add([](Step& it) {
        it.action = Action::kReadAll;
        it.amount = 0;
      });
      break;
    case Action::kFault:
      if (step.fault.times == kAlways) add([](Step& it) { it.fault.times = 1; });
      if (step.fault_client) add([](Step& it) { it.fault_client.reset(); });
      break;
    default:
      break;
  }
  return simpler;
}

std::vector<StepNumber> NumbersOf(const Step& step) {
  if (IsExpect(step.action)) return {};
  std::vector<StepNumber> numbers;
  if (NamesClients(step.action)) {
    numbers.push_back({step.clients.last - step.clients.first + 1, 1, NumberKind::kCount,
                       [](Step& it, uint64_t value) {
                         it.clients.last = it.clients.first + static_cast<uint32_t>(value) - 1;
                       }});
  }
  if (step.at) {
    numbers.push_back(
        Number(step, 1, NumberKind::kCount, [](Step& it) { return &it.at->occurrence; }));
  }
  if (step.action == Action::kFault) AddFaultNumbers(step, numbers);
  numbers.push_back(AmountOf(step));
  std::erase_if(numbers, [](const StepNumber& number) { return number.value <= number.least; });
  return numbers;
}

}  // namespace hupstorm
