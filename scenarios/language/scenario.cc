#include "scenarios/language/scenario.h"

#include <fmt/format.h>

#include <map>

namespace hupstorm {

bool operator==(const Step& a, const Step& b) {
  return a.action == b.action && a.together == b.together && a.each == b.each && a.at == b.at &&
         a.clients == b.clients && a.amount == b.amount && a.text == b.text && a.fault == b.fault &&
         a.fault_client == b.fault_client;
}

uint64_t MostConnections(const Scenario& scenario) {
  std::map<char, std::vector<bool>> names;
  uint64_t count = 0;
  for (const Step& step : scenario.steps) {
    if (step.action != Action::kConnect) continue;
    std::vector<bool>& known = names[step.clients.letter];
    if (known.size() <= step.clients.last) known.resize(step.clients.last + 1);
    for (uint32_t i = step.clients.first; i <= step.clients.last; ++i) {
      if (!known[i]) ++count;
      known[i] = true;
    }
  }
  return count;
}

std::string ClientsText(const Clients& clients) {
  if (clients.first != clients.last) {
    return fmt::format("{}[{}..{}]", clients.letter, clients.first, clients.last);
  }
  if (clients.first != 0) return fmt::format("{}[{}]", clients.letter, clients.first);
  return std::string(1, clients.letter);
}

}  // namespace hupstorm
