// write_sample_reports FOLDER: the sample reports as pages, for a browser.

#include <cstdio>
#include <fstream>
#include <string>

#include "tests/gate/sample_report.h"
#include "tools/report/html_report.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: write_sample_reports FOLDER\n");
    return 2;
  }
  const std::string folder = argv[1];
  std::ofstream many(folder + "/fifty-findings.html");
  std::ofstream own(folder + "/own-gate.html");
  many << hupstorm::HtmlText(hupstorm::ReportWith(50));
  own << hupstorm::HtmlText(hupstorm::ReportOfOwnGate());
  return many.flush() && own.flush() ? 0 : 1;
}
