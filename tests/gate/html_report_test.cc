#include "tools/report/html_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace hupstorm {
namespace {

using testing::HasSubstr;
using testing::Not;

GateReport ReportWith(size_t findings) {
  GateReport report;
  report.target = "reference/poll";
  report.mend = "none";
  report.world = "simulated";
  GateArea& area = report.areas.emplace_back();
  area.name = "suite";
  for (size_t i = 0; i < findings; ++i) {
    GateFinding& found = report.findings.emplace_back();
    found.finding.oracle = "lost-bytes";
    found.finding.target = "reference/poll";
    found.finding.evidence = "a is owed </script><!-- 10 bytes";
    found.finding.fingerprint = std::to_string(i);
    found.area = "suite";
    for (int line = 0; line < 10'000; ++line) {
      // No two alike, so that nothing is taken for a loop.
      found.time_line.push_back({.kind = TimeLineEntry::Kind::kCall,
                                 .text = std::string(1000, 'x') + std::string(line % 97, 'y')});
    }
    found.time_line.push_back({.kind = TimeLineEntry::Kind::kFinding, .text = "lost-bytes: a"});
    area.cases.push_back({.name = "half-close/x", .target = "reference/poll", .findings = {i}});
  }
  return report;
}

nlohmann::json DataIn(const std::string& html) {
  const std::string_view begin = "id=\"data\">";
  const size_t from = html.find(begin) + begin.size();
  return nlohmann::json::parse(html.substr(from, html.find("</script>", from) - from));
}

TEST(HtmlReportTest, FiftyFindingsTakeLessThanThreeMegabytes) {
  EXPECT_LT(HtmlText(ReportWith(50)).size(), 3u << 20);
}

TEST(HtmlReportTest, WhatServersWriteCannotEndTheData) {
  const nlohmann::json data = DataIn(HtmlText(ReportWith(1)));
  EXPECT_EQ(data["findings"][0]["evidence"], "a is owed </script><!-- 10 bytes");
}

TEST(HtmlReportTest, OfALongTimeLineTheBeginningAndTheEndAreThere) {
  const nlohmann::json rows = DataIn(HtmlText(ReportWith(1)))["findings"][0]["rows"];
  EXPECT_LT(rows.size(), 200u);
  EXPECT_EQ(rows.front()["kind"], "call");
  EXPECT_EQ(rows.back()["kind"], "finding");
  EXPECT_THAT(rows.dump(), HasSubstr("lines that the command above shows"));
}

TEST(HtmlReportTest, NothingIsFetchedFromElsewhere) {
  const std::string html = HtmlText(ReportWith(1));
  EXPECT_THAT(html, Not(HasSubstr("<link")));
  EXPECT_THAT(html, Not(HasSubstr("src=\"http")));
  EXPECT_THAT(html, HasSubstr("https://d3js.org")) << "D3 is in it";
}

}  // namespace
}  // namespace hupstorm
