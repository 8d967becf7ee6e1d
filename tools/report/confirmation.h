// Whether Linux shows a finding of the simulated kernel's.

#ifndef HUPSTORM_TOOLS_REPORT_CONFIRMATION_H_
#define HUPSTORM_TOOLS_REPORT_CONFIRMATION_H_

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace hupstorm {

// Asked of somebody else's program, which can run on either.
struct Confirmation {
  enum class State : uint8_t { kNotAsked, kConfirmed, kNotReproduced, kCannotBe };
  State state = State::kNotAsked;
  std::string why = {};  // it cannot be
};

// "confirmed on Linux"; empty if nobody has asked.
std::string ConfirmationText(const Confirmation& confirmation);

// Adds "confirmed": true, false, or null with "unconfirmed_because"; nothing if nobody has asked.
void AddConfirmation(const Confirmation& confirmation, nlohmann::ordered_json& json);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_REPORT_CONFIRMATION_H_
