#include "bench/bench_report.h"

#include <fmt/format.h>

#include <algorithm>

namespace hupstorm {
namespace {

constexpr double kWide = 0.1;

}  // namespace

Spread SpreadOf(std::vector<double> figures) {
  std::sort(figures.begin(), figures.end());
  const size_t middle = figures.size() / 2;
  const double median =
      figures.size() % 2 == 1 ? figures.at(middle) : (figures.at(middle - 1) + figures[middle]) / 2;
  return {.median = median, .least = figures.front(), .most = figures.back()};
}

Spread SpreadOf(const Turns& figures) {
  std::vector<double> medians;
  for (const std::vector<double>& turns : figures) medians.push_back(SpreadOf(turns).median);
  return SpreadOf(std::move(medians));
}

Spread RatioOf(const Turns& figures, const Turns& others) {
  Turns ratios(std::min(figures.size(), others.size()));
  for (size_t repeat = 0; repeat < ratios.size(); ++repeat) {
    const std::vector<double>& above = figures[repeat];
    const std::vector<double>& below = others[repeat];
    for (size_t turn = 0; turn < std::min(above.size(), below.size()); ++turn) {
      ratios[repeat].push_back(below[turn] == 0 ? 0 : above[turn] / below[turn]);
    }
  }
  return SpreadOf(ratios);
}

nlohmann::ordered_json SpreadJson(const Spread& spread) {
  return {{"median", spread.median}, {"least", spread.least}, {"most", spread.most}};
}

std::string SpreadText(const Spread& spread) {
  const auto text = [](double figure) {
    return figure >= 1000 ? fmt::format("{:.0f}", figure) : fmt::format("{:.3g}", figure);
  };
  if (spread.Relative() <= kWide) return text(spread.median);
  return fmt::format("{} ({} to {})", text(spread.median), text(spread.least), text(spread.most));
}

}  // namespace hupstorm
