#include "tools/report/html_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/gate/sample_report.h"

namespace hupstorm {
namespace {

using testing::HasSubstr;
using testing::Not;

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
