#include "tests/target/documented/server_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/loopback_address.h"
#include "base/resource_limit.h"

namespace hupstorm {
namespace {

constexpr int kPatienceMs = 10'000;

// Calls `done` until it is true, for 10 s at the most.
template <typename Done>
bool Await(Done done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    poll(nullptr, 0, 1);
  }
  return true;
}

// Whether something listens on `port`, without connecting to it: a server would notice that.
bool IsListening(uint16_t port) {
  std::array<char, 48> listener{};  // local address, remote address, state LISTEN
  std::snprintf(listener.data(), listener.size(), " 0100007F:%04X 00000000:0000 0A ", port);
  std::ifstream table("/proc/net/tcp");
  std::string line;
  while (std::getline(table, line)) {
    if (line.find(listener.data()) != line.npos) return true;
  }
  return false;
}

void TakeDescriptorsBelow(int first) {
  SetSoftLimit(RLIMIT_NOFILE, std::max<rlim_t>(LimitOf(RLIMIT_NOFILE).rlim_cur, 4096));
  int fd = open("/dev/null", O_RDONLY);
  while (fd >= 0 && fd < first - 1) fd = dup(fd);
}

[[noreturn]] void RunChild(const Target& target, uint16_t port, const ServerLimits& limits, int log,
                           int death) {
  alarm(60);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  if (limits.first_descriptor > 0) TakeDescriptorsBelow(limits.first_descriptor);
  if (limits.spare_descriptors > 0) {
    const int next = dup(log);
    close(next);
    const auto most = static_cast<rlim_t>(next + limits.spare_descriptors);
    const rlimit limit{most, most};
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  std::string last_word = "serve() returned";
  try {
    target.serve(port);
  } catch (const std::exception& error) {
    last_word = error.what();
  }
  if (write(death, last_word.data(), last_word.size()) < 0) _exit(2);
  _exit(1);
}

}  // namespace

ServerProcess::ServerProcess(const Target& target, const ServerLimits& limits)
    : port_(FreeLoopbackPort()),
      log_(limits.keep_log ? memfd_create("log", MFD_CLOEXEC) : open("/dev/null", O_RDWR)) {
  auto [death, last_words] = MakePipe();
  child_ = ChildProcess(
      [&, words = last_words.get()] { RunChild(target, port_, limits, log_.get(), words); });
  death_pipe_ = std::move(death);
  last_words.reset();
  EXPECT_TRUE(Await([this] { return IsListening(port_); }));
}

std::string ServerProcess::Death() {
  pollfd ended = {.fd = death_pipe_.get(), .events = POLLIN, .revents = 0};
  if (poll(&ended, 1, kPatienceMs) <= 0) return "still running";
  std::array<char, 1024> words{};
  const ssize_t count = read(death_pipe_.get(), words.data(), words.size());
  return {words.data(), static_cast<size_t>(std::max<ssize_t>(count, 0))};
}

std::string ServerProcess::Log() const {
  std::string text;
  std::array<char, 4096> piece{};
  while (true) {
    const ssize_t count =
        pread(log_.get(), piece.data(), piece.size(), static_cast<off_t>(text.size()));
    if (count <= 0) return text;
    text.append(piece.data(), static_cast<size_t>(count));
  }
}

bool ServerProcess::WaitForLog(const std::string& text, int times) const {
  return Await([&] {
    const std::string log = Log();
    int seen = 0;
    for (size_t at = log.find(text); at != log.npos; at = log.find(text, at + 1)) ++seen;
    return seen >= times;
  });
}

int ServerProcess::OpenDescriptors() const {
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(child_.pid()) + "/fd");
  return static_cast<int>(std::distance(begin(all), end(all)));
}

bool ServerProcess::SleepsIn(long system_call) const {
  // "running", or the number of the call and its arguments.
  std::string number;
  std::ifstream("/proc/" + std::to_string(child_.pid()) + "/syscall") >> number;
  return number == std::to_string(system_call);
}

std::string ServerProcess::Sleep() const {
  const std::string folder = "/proc/" + std::to_string(child_.pid());
  std::string call;
  std::string used;
  std::getline(std::ifstream(folder + "/syscall"), call);
  std::getline(std::ifstream(folder + "/schedstat"), used);
  return call == "running" ? "" : call + ' ' + used;
}

void ServerProcess::Freeze() {
  child_.Signal(SIGSTOP);
  int status = 0;
  waitpid(child_.pid(), &status, WUNTRACED);
  EXPECT_TRUE(WIFSTOPPED(status));
}

void ServerProcess::Thaw() { child_.Signal(SIGCONT); }

Client::Client(const ServerProcess& server, int receive_buffer)
    : server_(&server), fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer > 0) {
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
  }
  const timeval patience = {.tv_sec = kPatienceMs / 1000, .tv_usec = 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  const sockaddr_in address = LoopbackIpv4(server.port());
  EXPECT_EQ(connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
}

void Client::Send(const std::string& bytes) {
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count = send(fd_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    ASSERT_GT(count, 0);
    sent += static_cast<size_t>(count);
  }
}

size_t Client::SendWhileTaken(const std::string& bytes) {
  constexpr int kLookMs = 50;
  size_t sent = 0;
  std::string slept;
  pollfd room = {.fd = fd_.get(), .events = POLLOUT, .revents = 0};
  while (sent < bytes.size()) {
    if (poll(&room, 1, kLookMs) == 0) {
      const std::string before = std::exchange(slept, server_->Sleep());
      if (!slept.empty() && slept == before) break;
      continue;
    }
    const ssize_t count =
        send(fd_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN) break;
    sent += static_cast<size_t>(std::max<ssize_t>(count, 0));
  }
  return sent;
}

void Client::SendUrgent() { EXPECT_EQ(send(fd_.get(), "!", 1, MSG_OOB | MSG_NOSIGNAL), 1); }

void Client::ShutdownWrite() { EXPECT_EQ(shutdown(fd_.get(), SHUT_WR), 0); }

void Client::Reset() {
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  Close();
}

bool Client::IsReadable(int patience_ms) const {
  pollfd readable = {.fd = fd_.get(), .events = POLLIN, .revents = 0};
  return poll(&readable, 1, patience_ms) > 0;
}

bool Client::IsReset(int patience_ms) const {
  pollfd reset = {.fd = fd_.get(), .events = 0, .revents = 0};
  return poll(&reset, 1, patience_ms) > 0 && (reset.revents & POLLERR) != 0;
}

std::string Client::Read(size_t count) {
  std::string bytes(count, '\0');
  size_t got = 0;
  while (got < count) {
    const ssize_t part = recv(fd_.get(), bytes.data() + got, count - got, 0);
    if (part <= 0) break;
    got += static_cast<size_t>(part);
  }
  bytes.resize(got);
  return bytes;
}

Client::Rest Client::ReadToEnd() {
  Rest rest;
  std::array<char, 16384> piece;
  while (true) {
    const ssize_t count = recv(fd_.get(), piece.data(), piece.size(), 0);
    if (count < 0) rest.error = errno;
    if (count <= 0) return rest;
    rest.bytes.append(piece.data(), static_cast<size_t>(count));
  }
}

}  // namespace hupstorm
