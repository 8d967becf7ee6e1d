#include "scenarios/shrink/client_names.h"

#include <algorithm>

namespace hupstorm {
namespace {

constexpr size_t kLetters = 26;

bool Overlap(const Clients& a, const Clients& b) {
  return a.letter == b.letter && a.first <= b.last && b.first <= a.last;
}

// Ranges that cover all of `names`, none of which overlaps another; in order of appearance.
std::vector<Clients> Families(const std::vector<Clients>& names) {
  std::vector<Clients> families;
  for (Clients name : names) {
    // What it joins may come to overlap another in turn.
    size_t place = families.size();
    for (size_t i = 0; i < families.size();) {
      if (!Overlap(families[i], name)) {
        ++i;
        continue;
      }
      name.first = std::min(name.first, families[i].first);
      name.last = std::max(name.last, families[i].last);
      families.erase(families.begin() + static_cast<ptrdiff_t>(i));
      place = std::min(place, i);
      i = 0;
    }
    place = std::min(place, families.size());
    families.insert(families.begin() + static_cast<ptrdiff_t>(place), name);
  }
  return families;
}

}  // namespace

std::vector<Clients> NamesIn(const Scenario& scenario) {
  std::vector<Clients> names;
  for (const Step& step : scenario.steps) {
    VisitClients(step, [&](const Clients& name) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    });
  }
  return names;
}

Scenario WithPlainNames(const Scenario& scenario) {
  const std::vector<Clients> families = Families(NamesIn(scenario));
  if (families.size() > kLetters) return scenario;
  Scenario renamed = scenario;
  for (Step& step : renamed.steps) {
    VisitClients(step, [&](Clients& name) {
      const auto family = std::find_if(families.begin(), families.end(),
                                       [&](const Clients& other) { return Overlap(other, name); });
      const uint32_t first = family->first == family->last ? 0 : 1;
      name.letter = static_cast<char>('a' + (family - families.begin()));
      name.first = name.first - family->first + first;
      name.last = name.last - family->first + first;
    });
  }
  return renamed;
}

}  // namespace hupstorm
