// What a benchmark has measured: figures, tables and plots, and the forms in which they are given.

#ifndef HUPSTORM_BENCH_BENCH_REPORT_H_
#define HUPSTORM_BENCH_BENCH_REPORT_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/cli/output.h"

namespace hupstorm {

using Json = nlohmann::ordered_json;

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
// One thing's figures divided by another's in each turn (Ratio), of which the median counts in each
// repeat: what the machine did meanwhile counts less than in each figure by itself.
Spread RatioOf(const Turns& figures, const Turns& others);

// with - without and with / without, from costs that were measured in turn: `with[i]` right after
// `without[i]`. Each pair counts by itself, so that what slows both drops out; a ratio to 0 is 0.
// Both hold the same number, at least one; throws std::out_of_range if `without` holds fewer.
Spread Added(const std::vector<double>& without, const std::vector<double>& with);
Spread Ratio(const std::vector<double>& without, const std::vector<double>& with);

// {"median","least","most"}
Json SpreadJson(const Spread& spread);
// Three digits that count, and none behind the point from 1,000 on.
std::string Digits(double figure);
// "1.25" or, if the spread is over a tenth, "1.25 (1.10 to 1.61)".
std::string SpreadText(const Spread& spread);

struct PlotSeries {
  struct Point {
    int x = 0;
    Spread y;
  };
  std::string name;
  std::vector<Point> points = {};  // by x
};

struct Plot {
  std::string file;  // "cost-by-idle-connections", without .svg
  std::string title;
  std::string x_label;  // with its unit
  std::string y_label;
  bool log_y = false;  // x always is
  std::vector<PlotSeries> series = {};
};

struct BenchTable {
  std::string title;
  std::vector<std::string> header;
  std::vector<std::string> notes = {};              // a paragraph each, below the table
  std::vector<std::vector<std::string>> rows = {};  // each as long as the header
};

// A figure of a row.
struct Cell {
  std::string key;  // in the JSON; empty: it is in the table only
  Spread figure;
  std::string text = {};  // in the table, if it is not SpreadText(figure)
};
// One row of figures for both: the table gets `name` and the cells, `json` {KEY: figure, ...}.
void AddRow(BenchTable& table, Json& json, const std::string& name, const std::vector<Cell>& cells);

struct BenchReport {
  std::string name;  // "claims"
  std::string title;
  std::vector<BenchTable> tables = {};
  std::vector<Plot> plots = {};
  Json figures = Json::object();  // all that was measured
  double seconds = 0;
};

// "2 processors of an AMD EPYC 7763, Linux 6.1.0, g++ 12.2.0, 2026-11-22": of this machine.
std::string MachineText();

// For a terminal.
std::string BenchText(const BenchReport& report, const Style& style);

// {"bench","machine":{...},"command","seconds","figures":{...}}; `command` as typed.
Json BenchJson(const BenchReport& report, const std::string& command);

// Makes the folder if it is not there. Throws UsageError if it cannot be written to.
void MakeBenchFolder(const std::string& folder);

// Writes folder/NAME.md (tables, and the plots' pictures), NAME.json and a .svg for each plot, with
// the gnuplot script that draws it and holds its data. Without gnuplot the pictures are left out.
// Throws UsageError if the folder cannot be made, FailedError if something cannot be written.
void WriteBenchFolder(const BenchReport& report, const std::string& command,
                      const std::string& folder);

// Empty if plots can be drawn, else what is missing and how to get it.
std::string WhyNoPlots();

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_BENCH_REPORT_H_
