// What every file of scenarios/suite promises to those who read it and to the tools.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "scenarios/language/bytes.h"
#include "scenarios/language/parse.h"
#include "scenarios/language/print.h"
#include "tests/test_name.h"

namespace hupstorm {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> SuiteFiles() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(HUPSTORM_SUITE)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// "half-close/echo-drains"
std::string NameOf(const fs::path& path) {
  return path.lexically_relative(HUPSTORM_SUITE).replace_extension().string();
}

class SuiteFileTest : public testing::TestWithParam<fs::path> {};

TEST_P(SuiteFileTest, IsInAFolderByArea) {
  EXPECT_EQ(GetParam().extension(), ".scn");
  EXPECT_THAT(NameOf(GetParam()), testing::MatchesRegex("[a-z-]+/[a-z0-9-]+"));
}

TEST_P(SuiteFileTest, OpensWithWhatItChecksAndWhy) {
  const std::string text = ReadFile(GetParam());
  ASSERT_TRUE(text.starts_with("# "));
  const std::string title = ParseScenario(text, GetParam()).title;
  EXPECT_TRUE(title.ends_with('.')) << title;
  EXPECT_TRUE(std::isupper(static_cast<unsigned char>(title.front()))) << title;
  EXPECT_GE(std::count(title.begin(), title.end(), ' '), 8) << title;
}

TEST_P(SuiteFileTest, DoesSomething) {
  const Scenario scenario = ParseScenario(ReadFile(GetParam()), GetParam());
  EXPECT_TRUE(std::any_of(scenario.steps.begin(), scenario.steps.end(),
                          [](const Step& step) { return !IsExpect(step.action); }));
}

TEST_P(SuiteFileTest, IsCanonicalText) {
  // The file is its comments and what the printer would write, so that a shrunk scenario can be
  // compared with it line by line.
  const std::string text = ReadFile(GetParam());
  std::string without_comments;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size() - 1) + 1;
    if (text[start] != '#') without_comments += text.substr(start, end - start);
    start = end;
  }
  Scenario scenario = ParseScenario(text, GetParam());
  scenario.title.clear();
  EXPECT_EQ(without_comments, PrintScenario(scenario));
}

TEST_P(SuiteFileTest, SurvivesBothForms) {
  Scenario scenario = ParseScenario(ReadFile(GetParam()), GetParam());
  EXPECT_EQ(ParseScenario(PrintScenario(scenario), "printed"), scenario);
  std::erase_if(scenario.steps, [](const Step& step) { return IsExpect(step.action); });
  const Scenario decoded = DecodeScenario(EncodeScenario(scenario));
  EXPECT_EQ(decoded, scenario);
  EXPECT_EQ(PrintScenario(decoded), PrintScenario(DecodeScenario(EncodeScenario(decoded))));
}

// As a fuzzer's seed: most of them within the 128 bytes that campaigns work on.
TEST_P(SuiteFileTest, IsShortInBytes) {
  const Scenario scenario = ParseScenario(ReadFile(GetParam()), GetParam());
  EXPECT_LE(EncodeScenario(scenario).size(), 128);
}

INSTANTIATE_TEST_SUITE_P(Suite, SuiteFileTest, testing::ValuesIn(SuiteFiles()),
                         [](const auto& file) { return TestName(NameOf(file.param)); });

TEST(SuiteTest, CoversEveryArea) {
  std::map<std::string, int> areas;
  for (const fs::path& file : SuiteFiles()) ++areas[file.parent_path().filename()];
  for (const char* area :
       {"half-close", "reset", "short-io", "hup-err", "accept", "descriptors", "slow-reader",
        "urgent", "reuse", "timing", "fairness", "http", "ack", "lifecycle"}) {
    EXPECT_GE(areas[area], 5) << area;
  }
}

TEST(SuiteTest, NamesAndTitlesAreUnique) {
  std::set<std::string> names;
  std::set<std::string> titles;
  for (const fs::path& file : SuiteFiles()) {
    EXPECT_TRUE(names.insert(NameOf(file)).second) << file;
    EXPECT_TRUE(titles.insert(ParseScenario(ReadFile(file), file).title).second) << file;
  }
  EXPECT_GE(names.size(), 100);
}

}  // namespace
}  // namespace hupstorm
