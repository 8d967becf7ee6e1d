#include "target/reference/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace hupstorm {
namespace {

constexpr int kCallsPerRound = 8;

// Errors after which the same call may succeed. All others end the connection: ECONNRESET, EPIPE,
// ETIMEDOUT, EHOSTUNREACH and whatever else a network comes up with.
bool IsTransient(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

bool Connection::Serve(std::span<char> scratch) {
  for (int calls = 0; calls < kCallsPerRound; ++calls) {
    if (wants_to_send()) {
      if (!SendOutput()) return false;
    } else if (wants_to_receive()) {
      if (!Receive(scratch)) return false;
    } else {
      break;
    }
  }
  return !end_of_input_ || !output_.empty();
}

bool Connection::SendOutput() {
  size_t sent = 0;
  if (!Send(output_.bytes(), sent)) return false;
  output_.RemoveFront(sent);
  if (output_.size() <= limits_.low_water) paused_ = false;
  return true;
}

bool Connection::Receive(std::span<char> scratch) {
  const size_t room = std::min(scratch.size(), limits_.high_water - output_.size());
  const ssize_t count = recv(socket_.get(), scratch.data(), room, 0);
  if (count < 0) {
    if (errno != EINTR) readable_ = behind_short_read_ = false;
    return IsTransient(errno);
  }
  if (count == 0) {
    end_of_input_ = true;
    return true;
  }
  std::span<const char> bytes = scratch.first(static_cast<size_t>(count));

  // Fewer bytes than asked for mean that no more are there (epoll(7), question 9). What comes later
  // is reported as it comes.
  if (bytes.size() < room && !behind_short_read_) readable_ = false;

  // What can leave at once need not be copied.
  if (output_.empty() && writable_) {
    size_t sent = 0;
    if (!Send(bytes, sent)) return false;
    bytes = bytes.subspan(sent);
  }
  if (!bytes.empty()) output_.Append(bytes);
  if (output_.size() >= limits_.high_water) paused_ = true;
  return true;
}

bool Connection::Send(std::span<const char> bytes, size_t& sent) {
  // Without MSG_NOSIGNAL, a client that has gone would kill the process by SIGPIPE.
  const ssize_t count = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (count < 0) {
    if (errno != EINTR) writable_ = false;
    return IsTransient(errno);
  }
  sent = static_cast<size_t>(count);
  // Room is reported when there is some again, by edge too: net/ipv4/tcp.c, tcp_sendmsg_locked(),
  // sets SOCK_NOSPACE before it gives up.
  if (sent < bytes.size()) writable_ = false;
  return true;
}

}  // namespace hupstorm
