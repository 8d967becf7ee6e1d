#include "tests/target/reference/running_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "target/reference/posix_error.h"
#include "target/reference/reference.h"

namespace hupstorm {

Client::Client(uint16_t port, int receive_buffer)
    : socket_(std::make_unique<UniqueFd>(
          Must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"))) {
  const timeval limit = {.tv_sec = 10, .tv_usec = 0};
  Must(setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), "SO_RCVTIMEO");
  Must(setsockopt(fd(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)), "SO_SNDTIMEO");
  if (receive_buffer > 0) {
    Must(setsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer)),
         "SO_RCVBUF");
  }
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Must(connect(fd(), reinterpret_cast<sockaddr*>(&name), sizeof(name)), "connect");
}

void Client::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) ThrowErrno("send");
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void Client::SendUrgent(char byte) {
  if (send(fd(), &byte, 1, MSG_OOB | MSG_NOSIGNAL) != 1) ThrowErrno("send urgent");
}

size_t Client::SendSome(std::string_view bytes) {
  const ssize_t sent = send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN) ThrowErrno("send");
  return sent < 0 ? 0 : static_cast<size_t>(sent);
}

void Client::ShutdownWrite() { Must(shutdown(fd(), SHUT_WR), "shutdown"); }

void Client::Close() { socket_.reset(); }

void Client::Reset() {
  const linger now = {.l_onoff = 1, .l_linger = 0};
  Must(setsockopt(fd(), SOL_SOCKET, SO_LINGER, &now, sizeof(now)), "SO_LINGER");
  Close();
}

std::string Client::Receive(size_t count) {
  std::string bytes(count, '\0');
  size_t have = 0;
  while (have < count) {
    const ssize_t got = recv(fd(), bytes.data() + have, count - have, 0);
    if (got <= 0) break;
    have += static_cast<size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

std::string Client::ReceiveToEnd() {
  std::string bytes;
  char part[16 * 1024];
  while (true) {
    const ssize_t got = recv(fd(), part, sizeof(part), 0);
    if (got < 0) return bytes + "<" + std::strerror(errno) + ">";
    if (got == 0) return bytes;
    bytes.append(part, static_cast<size_t>(got));
  }
}

bool Client::IsEnded() {
  char byte;
  const ssize_t got = recv(fd(), &byte, 1, 0);
  return got == 0 || (got < 0 && errno == ECONNRESET);
}

std::string Client::Exchange(std::string_view bytes) {
  std::string received;
  char part[16 * 1024];
  while (!bytes.empty()) {
    pollfd ready = {.fd = fd(), .events = POLLIN | POLLOUT, .revents = 0};
    if (Must(poll(&ready, 1, 10'000), "poll") == 0) return received + "<timed out>";
    if ((ready.revents & POLLOUT) != 0) bytes.remove_prefix(SendSome(bytes));
    if ((ready.revents & POLLIN) != 0) {
      const ssize_t got = recv(fd(), part, sizeof(part), 0);
      if (got <= 0) return received + "<ended early>";
      received.append(part, static_cast<size_t>(got));
    }
  }
  ShutdownWrite();
  return received + ReceiveToEnd();
}

bool Client::Ping() {
  Send("ping");
  return Receive(4) == "ping";
}

std::string Pattern(size_t count) {
  std::string bytes;
  for (uint32_t word = 0; bytes.size() < count; ++word) bytes += std::to_string(word) + ' ';
  bytes.resize(count);
  return bytes;
}

int OpenDescriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<int>(std::distance(begin(all), end(all)));
}

RunningServer::RunningServer(MultiplexerKind kind, OutputLimits limits) {
  EchoServer::Options options;
  options.multiplexer = kind;
  options.limits = limits;
  server_ = std::make_unique<EchoServer>(options, stop_);
}

RunningServer::~RunningServer() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

void RunningServer::Start() {
  thread_ = std::thread([this] {
    const ServerThread scope;
    try {
      server_->Run();
    } catch (...) {
      thrown_ = std::current_exception();
    }
    server_.reset();
  });
}

void RunningServer::Join() {
  thread_.join();
  if (thrown_) std::rethrow_exception(thrown_);
}

std::string FormName(const testing::TestParamInfo<MultiplexerKind>& info) {
  std::string name(MultiplexerName(info.param));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace hupstorm
