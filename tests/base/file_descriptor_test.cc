#include "base/file_descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <utility>

namespace hupstorm {
namespace {

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

FileDescriptor Open() { return FileDescriptor(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

TEST(FileDescriptorTest, ClosesItsNumberAtTheEnd) {
  int number = -1;
  {
    const FileDescriptor fd = Open();
    number = fd.get();
    EXPECT_TRUE(fd);
    EXPECT_TRUE(IsOpen(number));
  }
  EXPECT_FALSE(IsOpen(number));
}

TEST(FileDescriptorTest, IsMovedAndClosedOnce) {
  FileDescriptor from = Open();
  const int number = from.get();
  FileDescriptor to = std::move(from);
  EXPECT_FALSE(from);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(to.get(), number);
  FileDescriptor other = Open();
  const int replaced = other.get();
  other = std::move(to);
  EXPECT_EQ(other.get(), number);
  EXPECT_TRUE(IsOpen(number));
  EXPECT_FALSE(IsOpen(replaced));
}

TEST(FileDescriptorTest, ReleaseGivesTheNumberAwayOpen) {
  FileDescriptor fd = Open();
  const int number = fd.release();
  EXPECT_FALSE(fd);
  fd.reset();
  EXPECT_TRUE(IsOpen(number));
  fd.reset(number);
  fd.reset();
  EXPECT_FALSE(IsOpen(number));
}

TEST(FileDescriptorTest, PipeCarriesBytesToItsFirstEnd) {
  auto [out, in] = MakePipe();
  ASSERT_EQ(write(in.get(), "x", 1), 1);
  in.reset();
  char bytes[2];
  EXPECT_EQ(read(out.get(), bytes, sizeof bytes), 1);
  EXPECT_EQ(read(out.get(), bytes, sizeof bytes), 0);
  EXPECT_EQ(fcntl(out.get(), F_GETFD), FD_CLOEXEC);
}

TEST(FileDescriptorTest, SocketPairIsConnectedBothWays) {
  const auto [one, other] = MakeSocketPair(SOCK_SEQPACKET);
  char byte = 0;
  ASSERT_EQ(send(one.get(), "a", 1, 0), 1);
  EXPECT_EQ(recv(other.get(), &byte, 1, 0), 1);
  ASSERT_EQ(send(other.get(), "b", 1, 0), 1);
  EXPECT_EQ(recv(one.get(), &byte, 1, 0), 1);
  EXPECT_EQ(byte, 'b');
}

TEST(FileDescriptorTest, MoveUpLeavesTheLowNumberFree) {
  FileDescriptor fd = Open();
  const int low = fd.get();
  fd = MoveUp(std::move(fd), 200);
  EXPECT_GE(fd.get(), 200);
  EXPECT_EQ(fcntl(fd.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_FALSE(IsOpen(low));
}

TEST(FileDescriptorTest, MoveUpKeepsTheNumberBeyondTheLimit) {
  FileDescriptor fd = Open();
  const int low = fd.get();
  fd = MoveUp(std::move(fd), 1 << 30);
  EXPECT_EQ(fd.get(), low);
  EXPECT_TRUE(IsOpen(low));
}

}  // namespace
}  // namespace hupstorm
