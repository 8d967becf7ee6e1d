#include "scenarios/shrink/simpler_step.h"

#include <algorithm>

#include "scenarios/language/actions.h"

namespace hupstorm {
namespace {

StepNumber AmountOf(const Step& step) {
  const auto set = [](Step& it, uint64_t value) { it.amount = value; };
  switch (RowOf(step.action).operand) {
    case Operand::kSize:
      return {step.amount, 1, NumberKind::kSize, set};
    case Operand::kRequestSize:
      return {step.amount, 0, NumberKind::kSize, set};
    case Operand::kDuration:
      return {step.amount, 1, NumberKind::kDuration, set};
    case Operand::kDescriptors:
      return {step.amount, 0, NumberKind::kCount, set};
    default:
      return {};
  }
}

void AddFaultNumbers(const Step& step, std::vector<StepNumber>& numbers) {
  numbers.push_back({step.fault.after, 0, NumberKind::kCount, [](Step& it, uint64_t value) {
                       it.fault.after = static_cast<uint32_t>(value);
                     }});
  if (step.fault.outcome == FaultOutcome::kShort) {
    numbers.push_back({step.fault.amount, 1, NumberKind::kSize, [](Step& it, uint64_t value) {
                         it.fault.amount = static_cast<uint32_t>(value);
                       }});
  }
  if (step.fault.times != kAlways) {
    numbers.push_back({step.fault.times, 1, NumberKind::kCount, [](Step& it, uint64_t value) {
                         it.fault.times = static_cast<uint32_t>(value);
                       }});
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
  if (step.at && !step.at->any_client) {
    add([](Step& it) {
      it.at->any_client = true;
      it.at->client = {};
    });
  }
  if (step.together) add([](Step& it) { it.together = false; });
  if (step.each) add([](Step& it) { it.each = false; });
  switch (step.action) {
    case Action::kRequest:
      add([](Step& it) {
        it.action = Action::kSend;
        it.amount = std::max<uint64_t>(it.amount, 1);
      });
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
      if (!step.fault_any_client) {
        add([](Step& it) {
          it.fault_any_client = true;
          it.fault_client = {};
        });
      }
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
    numbers.push_back({step.at->occurrence, 1, NumberKind::kCount, [](Step& it, uint64_t value) {
                         it.at->occurrence = static_cast<uint32_t>(value);
                       }});
  }
  if (step.action == Action::kFault) AddFaultNumbers(step, numbers);
  numbers.push_back(AmountOf(step));
  std::erase_if(numbers, [](const StepNumber& number) { return number.value <= number.least; });
  return numbers;
}

}  // namespace hupstorm
