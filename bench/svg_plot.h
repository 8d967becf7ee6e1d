// Draws a plot as SVG, by gnuplot.

#ifndef HUPSTORM_BENCH_SVG_PLOT_H_
#define HUPSTORM_BENCH_SVG_PLOT_H_

#include <string>

#include "bench/bench_report.h"

namespace hupstorm {

// Empty where plots can be drawn, else what is missing and how to get it.
std::string WhyNoPlots();

// What gnuplot is given: a script that holds the data too, so that it can be kept and changed.
std::string GnuplotScript(const Plot& plot);

// Writes folder/FILE.gnuplot and folder/FILE.svg. Throws FailedError where gnuplot fails, with what
// it says.
void DrawPlot(const Plot& plot, const std::string& folder);

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_SVG_PLOT_H_
