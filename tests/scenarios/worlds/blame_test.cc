#include "scenarios/worlds/blame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace hupstorm {
namespace {

using Fingerprints = std::vector<std::string>;

// What each run shows, one after the other; the last of them again and again.
class Runs {
 public:
  explicit Runs(std::vector<Fingerprints> shown) : shown_(std::move(shown)) {}

  RunResult Run(const RunOptions& options) {
    RunResult result;
    const size_t at = std::min(made_++, shown_.size() - 1);
    for (const std::string& fingerprint : shown_[at]) {
      Finding& finding = result.findings.emplace_back();
      finding.oracle = "lost-bytes";
      finding.fingerprint = fingerprint;
      if (options.find_blame) finding.call = 10 * made_;
    }
    return result;
  }

  std::vector<uint64_t> Blamed(Again again) {
    RunOptions options;
    options.find_blame = true;
    const RunResult result =
        RunForBlame(options, again, [this](const RunOptions& chosen) { return Run(chosen); });
    std::vector<uint64_t> calls;
    for (const Finding& finding : result.findings) calls.push_back(finding.call);
    return calls;
  }

  size_t made() const { return made_; }

 private:
  std::vector<Fingerprints> shown_;
  size_t made_ = 0;
};

using testing::ElementsAre;

TEST(BlameTest, ARunThatShowsOnlyWhatIsLikeItIsMadeOnceMore) {
  Runs runs({{"a"}, {"b"}, {"a"}});
  EXPECT_THAT(runs.Blamed(Again::kOnlyAlike), ElementsAre(30));
}

TEST(BlameTest, OfTwoRunsTheOneThatShowsMoreAgainIsTaken) {
  Runs runs({{"a", "b", "c"}, {"a", "b"}, {"c"}});
  EXPECT_THAT(runs.Blamed(Again::kOnlyAlike), ElementsAre(20, 20, 0));
  EXPECT_EQ(runs.made(), 3U);
}

TEST(BlameTest, ARunThatShowsAllAgainIsMadeOnce) {
  Runs runs({{"a"}, {"a", "b"}});
  EXPECT_THAT(runs.Blamed(Again::kOnlyAlike), ElementsAre(20));
  EXPECT_EQ(runs.made(), 2U);
}

TEST(BlameTest, ARunThatIsAlwaysTheSameIsNotMadeOnceMore) {
  Runs runs({{"a"}, {"b"}});
  EXPECT_THAT(runs.Blamed(Again::kTheSame), ElementsAre(0));
  EXPECT_EQ(runs.made(), 2U);
}

}  // namespace
}  // namespace hupstorm
