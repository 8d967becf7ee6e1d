#include "base/resource_limit.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/child_process.h"

namespace hupstorm {
namespace {

TEST(ResourceLimitTest, SoftLimitGoesNoHigherThanTheHardLimit) {
  ChildProcess child([] {
    const rlimit before = LimitOf(RLIMIT_NOFILE);
    const rlimit former = SetSoftLimit(RLIMIT_NOFILE, 20);
    if (former.rlim_cur != before.rlim_cur || LimitOf(RLIMIT_NOFILE).rlim_cur != 20) _exit(1);
    if (RaiseDescriptorLimit().rlim_cur != 20) _exit(2);
    const rlimit raised = LimitOf(RLIMIT_NOFILE);
    if (raised.rlim_cur != before.rlim_max || raised.rlim_max != before.rlim_max) _exit(3);
  });
  EXPECT_EQ(child.Wait(), 0);
}

TEST(ResourceLimitTest, CoreFilesAreForbiddenForGood) {
  ChildProcess child([] {
    ForbidCoreFiles();
    if (LimitOf(RLIMIT_CORE).rlim_max != 0) _exit(1);
  });
  EXPECT_EQ(child.Wait(), 0);
}

}  // namespace
}  // namespace hupstorm
