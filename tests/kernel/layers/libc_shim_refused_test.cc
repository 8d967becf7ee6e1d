// Calls that are not simulated, on descriptors that are.

#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/kernel/layers/shim_test_kernels.h"

namespace hupstorm {
namespace {

class LibcShimRefusedDeathTest : public testing::Test {
 protected:
  LibcShimRefusedDeathTest() { kernel_.first_simulated = 256; }
  RecordingKernel kernel_;
};

TEST_F(LibcShimRefusedDeathTest, ASimulatedDescriptorIsRefusedByName) {
  ServerScope server(kernel_);
  EXPECT_DEATH(vmsplice(256, nullptr, 1, 0), "called vmsplice on descriptor 256");
  EXPECT_DEATH(vmsplice(300, nullptr, 1, 0), "vmsplice is not simulated");
  // A kernel that has descriptors of its own, and none of Linux's to stand for them.
  EXPECT_DEATH(close_range(3, ~0u, 0), "close_range");
  struct stat status;
  EXPECT_DEATH(fstat(256, &status), "fstat");
  EXPECT_DEATH(lseek(256, 0, SEEK_CUR), "lseek");
}

TEST_F(LibcShimRefusedDeathTest, LinuxsOwnDescriptorsAndTheHarnessGoToLinux) {
  struct stat status;
  {
    ServerScope server(kernel_);
    EXPECT_EQ(fstat(1, &status), 0);
  }
  EXPECT_EQ(fstat(256, &status), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(sendfile(256, 0, nullptr, 1), -1);
  EXPECT_EQ(errno, EBADF);
}

}  // namespace
}  // namespace hupstorm
