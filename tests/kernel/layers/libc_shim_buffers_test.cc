// The shim's definitions replace AddressSanitizer's; what those would have found must still be
// found.

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <memory>

#include "kernel/sanitizers.h"
#include "tests/kernel/layers/shim_test_kernels.h"

namespace hupstorm {
namespace {

#if HUPSTORM_ASAN

class LibcShimBuffersDeathTest : public testing::TestWithParam<bool> {
 protected:
  LibcShimBuffersDeathTest() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds_), 0); }
  ~LibcShimBuffersDeathTest() override {
    close(fds_[0]);
    close(fds_[1]);
  }

  // As the server and as anybody else.
  template <typename Calls>
  void Run(Calls&& calls) {
    if (!GetParam()) return calls();
    ServerScope server(kernel_);
    calls();
  }

  RecordingKernel kernel_;
  int fds_[2];
  std::unique_ptr<char[]> small_ = std::make_unique<char[]>(8);
};

TEST_P(LibcShimBuffersDeathTest, ABufferThatIsTooSmallIsReported) {
  Run([&] {
    EXPECT_DEATH(recv(fds_[0], small_.get(), 9, MSG_DONTWAIT), "heap-buffer-overflow.*\n.*WRITE");
    EXPECT_DEATH(send(fds_[0], small_.get(), 9, 0), "heap-buffer-overflow.*\n.*READ");
    EXPECT_DEATH(static_cast<void>(!read(fds_[0], small_.get(), 9)), "heap-buffer-overflow");
    EXPECT_DEATH(static_cast<void>(!write(fds_[0], small_.get(), 9)), "heap-buffer-overflow");
    const iovec part{small_.get(), 9};
    EXPECT_DEATH(static_cast<void>(!readv(fds_[0], &part, 1)), "heap-buffer-overflow");
    auto event = std::make_unique<epoll_event>();
    EXPECT_DEATH(epoll_wait(fds_[0], event.get(), 2, 0), "heap-buffer-overflow");
    auto ready = std::make_unique<pollfd>();
    EXPECT_DEATH(poll(ready.get(), 2, 0), "heap-buffer-overflow");
  });
}

TEST_P(LibcShimBuffersDeathTest, AFreedBufferIsReported) {
  char* const freed = small_.get();
  small_.reset();
  Run([&] { EXPECT_DEATH(send(fds_[0], freed, 1, 0), "heap-use-after-free"); });
}

TEST_P(LibcShimBuffersDeathTest, AGoodBufferIsNot) {
  Run([&] {
    EXPECT_EQ(send(fds_[0], small_.get(), 8, 0), 8);
    EXPECT_EQ(recv(fds_[1], small_.get(), 8, 0), 8);
  });
}

INSTANTIATE_TEST_SUITE_P(AsServer, LibcShimBuffersDeathTest, testing::Bool());

#endif  // HUPSTORM_ASAN

// Linux's answer to a wrong pointer is EFAULT, and the shim does not look at it.
TEST(LibcShimBuffersTest, ANullBufferIsLinuxs) {
  RecordingKernel kernel;
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  ServerScope server(kernel);
  void* volatile nothing = nullptr;
  EXPECT_EQ(send(fds[0], nothing, 1, 0), -1);
  EXPECT_EQ(errno, EFAULT);
  close(fds[0]);
  close(fds[1]);
}

}  // namespace
}  // namespace hupstorm
