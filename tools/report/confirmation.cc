#include "tools/report/confirmation.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace hupstorm {

std::string ConfirmationText(const Confirmation& confirmation) {
  switch (confirmation.state) {
    case Confirmation::State::kConfirmed:
      return "confirmed on Linux";
    case Confirmation::State::kNotReproduced:
      return "not reproduced on Linux";
    case Confirmation::State::kCannotBe:
      return fmt::format("not to be confirmed on Linux: {}", confirmation.why);
    default:
      return "";
  }
}

void AddConfirmation(const Confirmation& confirmation, nlohmann::ordered_json& json) {
  if (confirmation.state == Confirmation::State::kCannotBe) {
    json["confirmed"] = nullptr;
    json["unconfirmed_because"] = confirmation.why;
  } else if (confirmation.state != Confirmation::State::kNotAsked) {
    json["confirmed"] = confirmation.state == Confirmation::State::kConfirmed;
  }
}

}  // namespace hupstorm
