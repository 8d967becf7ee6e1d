#include "tools/network/interactive_client.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include "base/file_descriptor.h"
#include "base/loopback_address.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"

namespace hupstorm {
namespace {

constexpr size_t kMostUnsent = 256 << 10;  // bytes; standard input waits while more are unsent

class Talk {
 public:
  explicit Talk(std::string name, const sockaddr_storage& server)
      : name_(std::move(name)),
        connection_(socket(server.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)),
        terminal_(isatty(STDIN_FILENO) == 1) {
    if (!connection_) {
      throw FailedError(fmt::format("cannot open a socket: {}", std::strerror(errno)));
    }
    const auto* const address = reinterpret_cast<const sockaddr*>(&server);
    if (connect(connection_.get(), address, LengthOf(server)) == 0) return;
    throw UsageError(
        fmt::format("cannot connect to {}: {}. To start a server: hupstorm serve "
                    "--port PORT",
                    name_, std::strerror(errno)));
  }

  void Run() {
    Prompt();
    while (!ended_) {
      pollfd fds[] = {{connection_.get(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
      if (!unsent_.empty()) fds[0].events |= POLLOUT;
      const bool listening = !input_ended_ && unsent_.size() < kMostUnsent;
      if (!listening) fds[1].fd = -1;
      if (poll(fds, 2, -1) < 0) continue;  // EINTR: a stopped process was continued
      if ((fds[0].revents & ~POLLOUT) != 0) ReadSocket();
      if (!ended_ && fds[1].revents != 0) ReadInput();
      if (!ended_ && !unsent_.empty()) SendUnsent();
      if (!ended_ && input_ended_ && unsent_.empty() && !half_closed_) {
        shutdown(connection_.get(), SHUT_WR);
        half_closed_ = true;
      }
    }
  }

 private:
  void Prompt() {
    if (!terminal_) return;
    Print("please input:");
    FlushOutput();
  }

  // False if the call is to be made again when poll says so.
  bool Succeeded(ssize_t result) const {
    if (result < 0 && errno != EAGAIN && errno != EINTR) {
      throw FailedError(fmt::format("the connection to {} broke: {}", name_, std::strerror(errno)));
    }
    return result >= 0;
  }

  void SendUnsent() {
    const ssize_t count =
        send(connection_.get(), unsent_.data(), unsent_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (Succeeded(count)) unsent_.erase(0, static_cast<size_t>(count));
  }

  void ReadInput() {
    char buffer[16 << 10];
    const ssize_t count = read(STDIN_FILENO, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) return;
    if (count <= 0) {
      input_ended_ = true;
      if (terminal_) Print("\n");
      return;
    }
    unsent_.append(buffer, static_cast<size_t>(count));
  }

  void ReadSocket() {
    char buffer[16 << 10];
    const ssize_t count = recv(connection_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (!Succeeded(count)) return;
    if (count == 0) {
      ended_ = true;
      if (!unsent_.empty()) {
        throw FailedError(fmt::format("{} ended the connection with {} bytes still to be sent",
                                      name_, unsent_.size()));
      }
      if (!half_closed_) std::fprintf(stderr, "%s ended the connection\n", name_.c_str());
      return;
    }
    const std::string_view bytes(buffer, static_cast<size_t>(count));
    if (terminal_) Print("received: ");
    Print(bytes);
    if (terminal_ && bytes.back() != '\n') Print("\n");
    FlushOutput();
    if (!input_ended_) Prompt();
  }

  std::string name_;
  FileDescriptor connection_;
  bool terminal_;
  std::string unsent_;
  bool input_ended_ = false;
  bool half_closed_ = false;
  bool ended_ = false;
};

}  // namespace

void TalkTo(const std::string& name, const sockaddr_storage& server) { Talk(name, server).Run(); }

}  // namespace hupstorm
