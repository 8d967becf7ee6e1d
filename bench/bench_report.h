// What a benchmark has measured: tables, plots and the figures behind them. `hupstorm_bench` shows
// the tables and writes all of it into a folder (bench_folder.h).

#ifndef HUPSTORM_BENCH_BENCH_REPORT_H_
#define HUPSTORM_BENCH_BENCH_REPORT_H_

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace hupstorm {

// A figure measured several times. Machines are noisy: the median is what is compared, and how far
// the others were from it is shown.
struct Spread {
  double median = 0;
  double least = 0;
  double most = 0;

  // (most - least) / median; 0 for a median of 0.
  double Relative() const { return median == 0 ? 0 : (most - least) / median; }
};
// `figures` holds at least one.
Spread SpreadOf(std::vector<double> figures);

// What is compared is measured in short turns, one thing after the other, as a machine's pace
// changes within seconds. Figures of one thing: turns, by repeat; of each at least one.
using Turns = std::vector<std::vector<double>>;
// The median of each repeat's turns, over all repeats.
Spread SpreadOf(const Turns& figures);
// One thing's figures divided by another's in each turn, of which the median counts in each repeat:
// what the machine did meanwhile counts less than in each figure by itself. By a figure of 0: 0.
Spread RatioOf(const Turns& figures, const Turns& others);

// {"median","least","most"}
nlohmann::ordered_json SpreadJson(const Spread& spread);
// "1.25" or, where the spread is over a tenth, "1.25 (1.10 to 1.61)"; three digits that count.
std::string SpreadText(const Spread& spread);

struct PlotPoint {
  double x = 0;
  Spread y;
};

struct PlotSeries {
  std::string name;
  std::vector<PlotPoint> points = {};  // by x
};

struct Plot {
  std::string file;  // "cost-by-idle-connections", without .svg
  std::string title;
  std::string x_label;  // with its unit
  std::string y_label;
  bool log_x = false;
  bool log_y = false;
  std::vector<PlotSeries> series = {};
};

struct BenchTable {
  std::string title;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows = {};  // each as long as the header
  std::vector<std::string> notes = {};              // a paragraph each, below the table
};

struct BenchReport {
  std::string name;  // "claims"
  std::string title;
  std::vector<BenchTable> tables;
  std::vector<Plot> plots;
  nlohmann::ordered_json figures = nlohmann::ordered_json::object();  // all that was measured
  double seconds = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_BENCH_REPORT_H_
