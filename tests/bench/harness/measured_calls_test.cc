#include "bench/harness/measured_calls.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

namespace hupstorm {
namespace {

class MeasuredCallsTest : public ::testing::TestWithParam<MeasuredCallKind> {
 protected:
  // A few batches: what one leaves must not be in the next one's way.
  static void RunOn(Platform platform) {
    LoadedKernel loaded(platform, 3);
    const MeasuredCall call = GetParam().Make(loaded);
    for (int i = 0; i < 3; ++i) {
      if (call.prepare) call.prepare();
      call.run_batch();
    }
  }
};

TEST_P(MeasuredCallsTest, RunsInTheSimulation) { EXPECT_NO_THROW(RunOn(Platform::kSimulated)); }
TEST_P(MeasuredCallsTest, RunsOnLinux) { EXPECT_NO_THROW(RunOn(Platform::kLinux)); }

TEST_P(MeasuredCallsTest, LeavesTheKernelAsItWas) {
  LoadedKernel loaded(Platform::kSimulated, 3);
  for (int i = 0; i < 2; ++i) {
    const MeasuredCall call = GetParam().Make(loaded);
    if (call.prepare) call.prepare();
    call.run_batch();
  }
  char byte;
  EXPECT_EQ(Invoke<Call::kRecv>(loaded.kernel(), loaded.measured().server, &byte, 1, 0), -1);
  EXPECT_EQ(Invoke<Call::kRecv>(loaded.kernel(), loaded.measured().client, &byte, 1, 0), -1);
}

INSTANTIATE_TEST_SUITE_P(All, MeasuredCallsTest, ::testing::ValuesIn(MeasuredCallKinds()),
                         [](const auto& info) {
                           std::string name;
                           bool begins = true;
                           for (const unsigned char c : info.param.name) {
                             if (std::isalnum(c)) {
                               name += static_cast<char>(begins ? std::toupper(c) : c);
                             }
                             begins = !std::isalnum(c);
                           }
                           return name;
                         });

}  // namespace
}  // namespace hupstorm
