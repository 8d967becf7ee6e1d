#include "base/processors.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/child_process.h"

namespace hupstorm {
namespace {

TEST(ProcessorsTest, AThreadRunsWhereItIsTold) {
  const std::vector<int> allowed = AllowedProcessors();
  ASSERT_FALSE(allowed.empty());
  const std::vector<int> last = {allowed.back()};
  ChildProcess child([&] {
    if (!RunOn(last) || AllowedProcessors() != last) _exit(1);
    if (!RunOn(allowed) || AllowedProcessors() != allowed) _exit(2);
    if (RunOn({})) _exit(3);
  });
  EXPECT_EQ(child.Wait(), 0);
}

}  // namespace
}  // namespace hupstorm
