// The matrix' verdicts and reports, from rows that are written down here. The matrix itself is run
// by the CTest hupstorm_matrix.

#include "tools/report/matrix_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "tools/matrix/differences.h"
#include "tools/matrix/matrix.h"

namespace hupstorm {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

const Style kPlain(false);
constexpr std::array<std::string_view, 2> kExpected = {"busy-loop", "fd-leak"};

class MatrixReportTest : public ::testing::Test {
 protected:
  MatrixReportTest() {
    defect_.name = "fin-ignored";
    defect_.full_name = "doc000/epoll-queue/fin-ignored";
    defect_.expected = kExpected;
    defect_.evidence = "as measured";
    DefectRow row;
    row.defect = &defect_;
    row.reported = {"busy-loop", "stalled"};
    row.scenarios = {"half-close/idle", "reset/storm"};
    row.simplest = "half-close/idle";
    row.caught = true;
    matrix_.defects.push_back(row);
    matrix_.as_written.push_back({"doc000/epoll-queue", {"busy-loop"}, {}});
    matrix_.clean.push_back({"doc000/epoll-queue", "all", {}});
    matrix_.scenarios = 220;
    matrix_.runs = 7;
  }

  std::string Text() const { return MatrixText(matrix_, "hupstorm", kPlain); }
  nlohmann::ordered_json Json() const { return MatrixJson(matrix_, "hupstorm"); }

  Defect defect_;
  Matrix matrix_;
};

TEST_F(MatrixReportTest, ACaughtDefectHolds) {
  EXPECT_TRUE(matrix_.holds());
  EXPECT_THAT(Text(), ContainsRegex("fin-ignored +caught +busy-loop, fd-leak +busy-loop +stalled "
                                    "+2 +half-close/idle\n"));
  EXPECT_THAT(Text(), HasSubstr("1 of 1 defects caught, 1 of 1 correct servers clean (7 runs of "
                                "220 scenarios)\n"
                                "To watch one: hupstorm replay half-close/idle --target "
                                "doc000/epoll-queue --mend all-but=fin-ignored\n"));
}

TEST_F(MatrixReportTest, JsonHasTheDocumentedShape) {
  const nlohmann::ordered_json json = Json();
  const auto& row = json.at("defects").at(0);
  EXPECT_EQ(row.at("defect"), "doc000/epoll-queue/fin-ignored");
  EXPECT_EQ(row.at("expected"), (std::vector<std::string>{"busy-loop", "fd-leak"}));
  EXPECT_EQ(row.at("reported"), (std::vector<std::string>{"busy-loop", "stalled"}));
  EXPECT_EQ(row.at("also"), std::vector<std::string>{"stalled"});
  EXPECT_EQ(row.at("scenarios").size(), 2u);
  EXPECT_EQ(row.at("caught"), true);
  const auto& clean = json.at("clean").at(0);
  EXPECT_EQ(clean.at("target"), "doc000/epoll-queue");
  EXPECT_EQ(clean.at("mends"), "all");
  EXPECT_TRUE(clean.at("findings").is_array());
  EXPECT_EQ(json.at("holds"), true);
}

TEST_F(MatrixReportTest, AMissedDefectDoesNotHold) {
  matrix_.defects[0].caught = false;
  EXPECT_FALSE(matrix_.holds());
  EXPECT_THAT(Text(), ContainsRegex("fin-ignored +MISSED"));
  EXPECT_THAT(Text(), HasSubstr("0 of 1 defects caught"));
}

TEST_F(MatrixReportTest, AnUnreachableDefectIsListedWithItsEvidence) {
  defect_.reachable = false;
  matrix_.defects[0].caught = false;
  EXPECT_TRUE(matrix_.holds());
  EXPECT_THAT(Text(), ContainsRegex("fin-ignored +unreachable"));
  EXPECT_THAT(Text(), HasSubstr("doc000/epoll-queue/fin-ignored\n    as measured\n"));
  EXPECT_THAT(Text(), HasSubstr("0 of 0 defects caught"));
}

TEST_F(MatrixReportTest, AFindingOnACorrectServerDoesNotHold) {
  Finding finding;
  finding.oracle = "stalled";
  finding.target = "doc000/epoll-queue";
  finding.scenario = "half-close/idle";
  finding.file = "half-close/idle.scn";
  matrix_.clean[0].findings.push_back(finding);
  EXPECT_FALSE(matrix_.holds());
  EXPECT_THAT(Text(), ContainsRegex("doc000/epoll-queue +all +FOUND 1\n"));
  EXPECT_THAT(Text(), HasSubstr("half-close/idle.scn: stalled: "));
  EXPECT_THAT(Text(), HasSubstr("--mend all\n"));
  EXPECT_EQ(Json().at("clean").at(0).at("findings").size(), 1u);
}

TEST_F(MatrixReportTest, AMainDefectThatIsNotReportedDoesNotHold) {
  EXPECT_THAT(Text(), Not(HasSubstr("MISSED")));
  matrix_.as_written[0].missed = {"short-send-drops"};
  EXPECT_FALSE(matrix_.holds());
  EXPECT_THAT(Text(), ContainsRegex("doc000/epoll-queue +MISSED +busy-loop +short-send-drops\n"));
}

class MatrixOfTwoWorldsTest : public MatrixReportTest {
 protected:
  MatrixOfTwoWorldsTest() : simulated_(matrix_) { matrix_.world = "loopback"; }

  Matrix simulated_;
};

TEST_F(MatrixOfTwoWorldsTest, TheSameOraclesAreNoDifference) {
  Compare(simulated_, matrix_, {});
  EXPECT_TRUE(matrix_.holds());
  EXPECT_THAT(Text(), HasSubstr("Against the simulation: 0 declared differences, 0 undeclared\n"));
  EXPECT_TRUE(Json().at("defects").at(0).at("difference").empty());
}

TEST_F(MatrixOfTwoWorldsTest, AnOracleThatReportsInOneWorldAloneDoesNotHold) {
  matrix_.defects[0].reported = {"busy-loop", "server-died"};
  Compare(simulated_, matrix_, {});
  EXPECT_FALSE(matrix_.holds());
  EXPECT_THAT(Text(), HasSubstr("doc000/epoll-queue/fin-ignored: reported by stalled with --world "
                                "simulated alone: UNDECLARED\n"));
  EXPECT_THAT(Text(), HasSubstr("doc000/epoll-queue/fin-ignored: reported by server-died with "
                                "--world loopback alone: UNDECLARED\n"));
  EXPECT_THAT(Text(), HasSubstr("0 declared differences, 2 undeclared\n"));
}

TEST_F(MatrixOfTwoWorldsTest, ADeclaredDifferenceHoldsAndIsPrintedWithItsReason) {
  const std::array<DeclaredDifference, 1> declared = {
      {{defect_.full_name, "stalled", /*on_loopback=*/false, "Linux does not stall here."}}};
  matrix_.defects[0].reported = {"busy-loop"};
  Compare(simulated_, matrix_, declared);
  EXPECT_TRUE(matrix_.holds());
  EXPECT_THAT(Text(), HasSubstr("alone\n    Linux does not stall here.\n"));
  EXPECT_THAT(Text(), HasSubstr("1 declared difference, 0 undeclared\n"));
  const nlohmann::ordered_json json = Json();
  const auto& difference = json.at("defects").at(0).at("difference").at(0);
  EXPECT_EQ(difference.at("oracle"), "stalled");
  EXPECT_EQ(difference.at("world"), "simulated");
  EXPECT_EQ(difference.at("reason"), "Linux does not stall here.");
}

TEST_F(MatrixOfTwoWorldsTest, SaysWhatWasLeftOut) {
  matrix_.left_out = 3;
  matrix_.why_left_out = "no host vanishes";
  EXPECT_THAT(Text(), HasSubstr("3 scenarios left out with --world loopback: no host vanishes\n"));
}

}  // namespace
}  // namespace hupstorm
