// An echo server in a thread of the test, and the clients of it, over real loopback.

#ifndef HUPSTORM_TESTS_TARGET_REFERENCE_RUNNING_SERVER_H_
#define HUPSTORM_TESTS_TARGET_REFERENCE_RUNNING_SERVER_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "target/reference/echo_server.h"
#include "target/reference/stop_signal.h"
#include "tests/target/reference/libc_spy.h"

namespace hupstorm {

// A blocking client on 127.0.0.1 whose calls give up after ten seconds.
class Client {
 public:
  explicit Client(uint16_t port, int receive_buffer = 0);
  Client(Client&&) = default;

  void Send(std::string_view bytes);
  void SendUrgent(char byte);
  // Sends what the kernel takes without waiting. The number of bytes.
  size_t SendSome(std::string_view bytes);
  void ShutdownWrite();
  void Close();
  void Reset();

  std::string Receive(size_t count);
  // All until the server ends the connection in order. "<error>" is appended where it did not.
  std::string ReceiveToEnd();
  // True if the server ended the connection, in order or not, without another byte.
  bool IsEnded();
  // Sends `bytes`, half-closes, and reads to the end, all at once.
  std::string Exchange(std::string_view bytes);
  // One round trip of a few bytes.
  bool Ping();

  int fd() const { return socket_->get(); }

 private:
  std::unique_ptr<UniqueFd> socket_;
};

// Bytes that say where they belong.
std::string Pattern(size_t count);
int OpenDescriptors();

class RunningServer {
 public:
  // Listens, but serves nobody before Start.
  explicit RunningServer(MultiplexerKind kind, OutputLimits limits = {});
  ~RunningServer();

  void Start();
  void Stop() const { stop_.Raise(); }
  // Until the server has returned. Passes on what it threw.
  void Join();

  uint16_t port() const { return server_->port(); }
  std::thread& thread() { return thread_; }

 private:
  StopSignal stop_;
  std::unique_ptr<EchoServer> server_;
  std::exception_ptr thrown_;
  std::thread thread_;
};

class EchoServerTest : public testing::TestWithParam<MultiplexerKind> {
 protected:
  EchoServerTest() { spy_.Reset(); }
  bool is_epoll() const {
    return GetParam() == MultiplexerKind::kEpollLevel || GetParam() == MultiplexerKind::kEpollEdge;
  }

  LibcSpy& spy_ = LibcSpy::Instance();
};

std::string FormName(const testing::TestParamInfo<MultiplexerKind>& info);

#define HUPSTORM_ALL_FORMS(suite)                                                 \
  INSTANTIATE_TEST_SUITE_P(                                                       \
      AllForms, suite,                                                            \
      testing::Values(MultiplexerKind::kSelect, MultiplexerKind::kPoll,           \
                      MultiplexerKind::kEpollLevel, MultiplexerKind::kEpollEdge), \
      FormName)

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_TARGET_REFERENCE_RUNNING_SERVER_H_
