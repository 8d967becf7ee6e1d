#include "scenarios/language/scenario.h"

#include <fmt/format.h>

namespace hupstorm {

bool operator==(const Step& a, const Step& b) {
  return a.action == b.action && a.together == b.together && a.each == b.each && a.at == b.at &&
         a.clients == b.clients && a.amount == b.amount && a.text == b.text && a.fault == b.fault &&
         a.fault_client == b.fault_client;
}

std::string ClientsText(const Clients& clients) {
  if (clients.first != clients.last) {
    return fmt::format("{}[{}..{}]", clients.letter, clients.first, clients.last);
  }
  if (clients.first != 0) return fmt::format("{}[{}]", clients.letter, clients.first);
  return std::string(1, clients.letter);
}

}  // namespace hupstorm
