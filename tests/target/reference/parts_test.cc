// The listener and the multiplexers by themselves: what the server builds on.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <vector>

#include "target/reference/listener.h"
#include "target/reference/posix_error.h"
#include "tests/target/reference/running_server.h"

namespace hupstorm {
namespace {

int Option(const UniqueFd& fd, int level, int name) {
  int value = 0;
  socklen_t length = sizeof(value);
  Must(getsockopt(fd.get(), level, name, &value, &length), "getsockopt");
  return value;
}

// The listener sets the options once and counts on their being inherited.
TEST(ListenerTest, AcceptedSocketsHaveWhatTheyNeed) {
  Listener listener("127.0.0.1", 0);
  const Client client(listener.port());
  listener.NoteReady();
  const UniqueFd accepted = listener.Accept();
  ASSERT_TRUE(accepted);
  EXPECT_EQ(Option(accepted, SOL_SOCKET, SO_OOBINLINE), 1);
  EXPECT_EQ(Option(accepted, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_NE(Option(accepted, IPPROTO_TCP, TCP_NODELAY), 0);
  EXPECT_NE(fcntl(accepted.get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(fcntl(accepted.get(), F_GETFD) & FD_CLOEXEC, 0);

  EXPECT_TRUE(listener.has_work());
  EXPECT_FALSE(listener.Accept());
  EXPECT_FALSE(listener.has_work());
}

struct Pipe {
  Pipe() {
    int fds[2];
    Must(pipe2(fds, O_NONBLOCK | O_CLOEXEC), "pipe2");
    read_end = std::make_unique<UniqueFd>(fds[0]);
    write_end = std::make_unique<UniqueFd>(fds[1]);
  }
  int reader() const { return read_end->get(); }
  int writer() const { return write_end->get(); }
  void Put() const { Must(static_cast<int>(write(writer(), "x", 1)), "write"); }

  std::unique_ptr<UniqueFd> read_end;
  std::unique_ptr<UniqueFd> write_end;
};

class MultiplexerTest : public EchoServerTest, protected ReadySink {
 protected:
  struct Ready {
    int fd;
    bool readable;
    bool writable;
  };
  void OnReady(int fd, Readiness ready) override {
    ready_.push_back({fd, ready.read, ready.write});
  }
  // What is ready now, without waiting.
  const std::vector<Ready>& Look() {
    ready_.clear();
    multiplexer_->Wait(0, *this);
    return ready_;
  }

  std::unique_ptr<Multiplexer> multiplexer_ = MakeMultiplexer(GetParam());
  std::vector<Ready> ready_;
};

TEST_P(MultiplexerTest, ReportsWhatIsAskedFor) {
  const Pipe pipe;
  ASSERT_TRUE(multiplexer_->Add(pipe.reader(), {.read = true}));
  EXPECT_TRUE(Look().empty());
  ASSERT_TRUE(multiplexer_->Add(pipe.writer(), {.write = true}));
  ASSERT_EQ(Look().size(), 1U);
  EXPECT_EQ(ready_[0].fd, pipe.writer());
  EXPECT_TRUE(ready_[0].writable);
  EXPECT_FALSE(ready_[0].readable);

  ASSERT_TRUE(multiplexer_->Modify(pipe.writer(), {}));
  EXPECT_TRUE(Look().empty());
  pipe.Put();
  ASSERT_EQ(Look().size(), 1U);
  EXPECT_EQ(ready_[0].fd, pipe.reader());
  EXPECT_TRUE(ready_[0].readable);
  EXPECT_FALSE(ready_[0].writable);
  EXPECT_EQ(Look().size(), multiplexer_->edge_triggered() ? 0U : 1U);
}

// poll and epoll report such an end as a hang-up alone.
TEST_P(MultiplexerTest, AHangUpIsWorthARead) {
  Pipe pipe;
  ASSERT_TRUE(multiplexer_->Add(pipe.reader(), {.read = true}));
  pipe.write_end.reset();
  ASSERT_EQ(Look().size(), 1U);
  EXPECT_TRUE(ready_[0].readable);
}

TEST_P(MultiplexerTest, RemovedDescriptorsAreForgottenAndNumbersUsedAgain) {
  std::vector<std::optional<Pipe>> pipes(100);
  for (auto& pipe : pipes) {
    ASSERT_TRUE(multiplexer_->Add(pipe.emplace().reader(), {.read = true}));
    pipe->Put();
  }
  for (size_t i = 0; i < pipes.size(); i += 3) {
    multiplexer_->Remove(pipes[i]->reader());
    pipes[i].reset();
  }
  EXPECT_EQ(Look().size(), 66U);
  for (auto& pipe : pipes) {
    if (pipe.has_value()) continue;
    ASSERT_TRUE(multiplexer_->Add(pipe.emplace().reader(), {.read = true}));
    pipe->Put();
  }
  EXPECT_EQ(Look().size(), multiplexer_->edge_triggered() ? 34U : 100U);
}

TEST_P(MultiplexerTest, AWaitEndsAfterItsTime) {
  multiplexer_->Wait(1, *this);
  EXPECT_TRUE(ready_.empty());
}

HUPSTORM_ALL_FORMS(MultiplexerTest);

}  // namespace
}  // namespace hupstorm
