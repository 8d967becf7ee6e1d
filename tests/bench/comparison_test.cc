#include "bench/servers/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hupstorm {
namespace {

using ::testing::ElementsAre;

ServerSamples Cpu(const std::map<std::string, std::vector<double>>& figures) {
  ServerSamples samples;
  for (const auto& [name, all] : figures) {
    for (const double cpu : all) {
      samples[name].push_back({.cpu_us = {cpu}, .per_second = {1 / cpu}});
    }
  }
  return samples;
}

Peers Three() {
  return {.found = {{.name = "r", .kind = PeerKind::kReference, .command = {}},
                    {.name = "a", .kind = PeerKind::kLibrary, .command = {}},
                    {.name = "b", .kind = PeerKind::kLibrary, .command = {}}},
          .missing = {}};
}

TEST(ComparisonTest, RatiosAreOfTheSameRepeat) {
  // The machine was twice as slow in the second repeat, and all are.
  const ServerSamples samples = Cpu({{"r", {1, 2, 1}}, {"a", {2, 4, 2}}});
  const Peers peers = Three();
  const Spread ratio = Comparison(peers, samples).RatioOf("r", "a", &ServerSample::cpu_us);
  EXPECT_DOUBLE_EQ(ratio.median, 0.5);
  EXPECT_DOUBLE_EQ(ratio.Relative(), 0);
}

TEST(ComparisonTest, ATurnInWhichTheMachineStoodStillDoesNotCount) {
  ServerSamples samples;
  samples["r"].push_back({.cpu_us = {1, 30, 1, 2, 1}});
  samples["a"].push_back({.cpu_us = {2, 2, 2, 4, 2}});
  const Peers peers = Three();
  const Comparison comparison(peers, samples);
  EXPECT_DOUBLE_EQ(comparison.RatioOf("r", "a", &ServerSample::cpu_us).median, 0.5);
  EXPECT_DOUBLE_EQ(comparison.FigureOf("r", &ServerSample::cpu_us).median, 1);
}

TEST(ComparisonTest, TheBestLibraryIsNotTheReference) {
  const ServerSamples samples = Cpu({{"r", {1}}, {"a", {3}}, {"b", {2}}});
  const ServerSamples alone = Cpu({{"r", {1}}});
  const Peers peers = Three();
  const Comparison comparison(peers, samples);
  EXPECT_EQ(comparison.BestLibrary(&ServerSample::cpu_us), "b");
  EXPECT_EQ(comparison.BestLibrary(&ServerSample::per_second, /*most=*/true), "b");
  EXPECT_EQ(Comparison(peers, alone).BestLibrary(&ServerSample::cpu_us), "");
}

TEST(ComparisonTest, NoiseIsHowFarTheSameServerIsFromItself) {
  Peers peers = Three();
  const ServerSamples samples = Cpu({{"bare", {1, 2, 1}}, {"again", {1.02, 1.9, 1}}});
  const Comparison comparison(peers, samples);
  EXPECT_EQ(comparison.Noise(&ServerSample::cpu_us), 0);
  peers.found.push_back({.name = "bare", .kind = PeerKind::kBareLoop, .command = {}});
  peers.found.push_back({.name = "again", .kind = PeerKind::kControl, .command = {}});
  EXPECT_NEAR(comparison.Noise(&ServerSample::cpu_us), 0.05, 1e-9);
}

TEST(ComparisonTest, AnAimIsMetOrNotOrNeither) {
  AimTally tally("faster");
  EXPECT_EQ(tally.Failures(), "");
  tally.Add(0.8, 0.95, 1.05, "1 x 64 B");
  tally.Add(0.97, 0.95, 1.05, "2 x 64 B");
  tally.Add(1.2, 0.95, 1.05, "3 x 64 B");
  tally.Add(1.05, 0.95, 1.05, "4 x 64 B");
  EXPECT_THAT(tally.Row(), ElementsAre("faster", "1", "1", "2"));
  EXPECT_EQ(tally.Failures(), "faster: not with 3 x 64 B (1.20); 4 x 64 B (1.05).");
}

}  // namespace
}  // namespace hupstorm
