#include "worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace {

constexpr size_t kMostQueued = 64 * 1024;  // for a client; then nothing is read for it

int64_t NowMs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

int ConnectTo(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
      errno == EINPROGRESS)
    return fd;
  close(fd);
  return -1;
}

}  // namespace

Worker::Worker(const Options& options, int listener)
    : options_(options),
      listener_(listener),
      loop_(Loop::Make(options.loop, options.bug == "fd-setsize")) {}

void Worker::Run() {
  loop_->Set(listener_, kIn);
  while (true) {
    std::vector<Event> events = loop_->Wait(again_.empty() ? TimeToWait() : 0);
    now_ = NowMs();
    for (const int fd : std::exchange(again_, {})) events.push_back({fd, kIn});
    bool is_called = false;
    for (const Event& event : events) {
      if (event.fd == listener_) {
        is_called = true;  // last, since a new connection may get the number of one that has gone
      } else {
        Serve(event.fd, event.events);
      }
    }
    OnTime();
    if (is_called) Accept();
  }
}

int Worker::TimeToWait() const {
  int64_t first = accepts_at_;
  for (const auto& entry : connections_) {
    const int64_t until = entry.second.late_until;
    if (until > 0 && (first == 0 || until < first)) first = until;
  }
  return first == 0 ? -1 : static_cast<int>(std::max<int64_t>(0, first - NowMs()));
}

void Worker::OnTime() {
  if (accepts_at_ > 0 && accepts_at_ <= now_) {
    accepts_at_ = 0;
    if (!loop_->Set(listener_, kIn)) accepts_at_ = now_ + 100;
  }
  for (auto at = connections_.begin(); at != connections_.end();) {
    const int fd = at->first;
    Connection& connection = at->second;
    ++at;
    if (connection.late_until == 0 || connection.late_until > now_) continue;
    connection.late_until = 0;
    if (Flush(connection.peer) && IsEdgeTriggered()) Receive(fd);
    at = connections_.upper_bound(fd);  // a proxy's peer may be gone too
  }
}

// ---- Who comes.

void Worker::Accept() {
  // A bound, for the sake of those who are here already.
  for (int i = 0; i < 64; ++i) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      if (!Welcome(fd)) Fail(fd);
      if (Has("blocking-accept")) return;
      continue;
    }
    if (errno == EAGAIN) return;
    if (errno != EINTR && errno != ECONNABORTED) return OnShortage(errno);
  }
  again_.push_back(listener_);
}

void Worker::OnShortage(int error) {
  if (error == EMFILE) {
    if (Has("emfile-spins")) return;
    if (Has("emfile-ends")) {
      std::fprintf(stderr, "accept: %s\n", "too many open files");
      std::exit(1);
    }
    if (Has("emfile-never-again")) return loop_->Remove(listener_);  // until somebody leaves
  }
  loop_->Remove(listener_);
  accepts_at_ = now_ + 100;
}

bool Worker::Welcome(int fd) {
  Connection& connection = connections_[fd];
  connection.peer = fd;
  if (Has("silent-blocks")) {
    pollfd first = {.fd = fd, .events = POLLIN, .revents = 0};
    poll(&first, 1, -1);  // who is it?
  }
  if (options_.upstream >= 0) {
    const int upstream = ConnectTo(options_.upstream);
    if (upstream < 0) return false;
    connection.peer = upstream;
    connections_[upstream].peer = fd;
    if (!loop_->Set(upstream, kIn)) return false;
  }
  return loop_->Set(fd, kIn);
}

// ---- Who is here.

void Worker::Serve(int fd, int events) {
  const auto found = connections_.find(fd);
  if (found == connections_.end() || found->second.left) return;
  const Connection& connection = found->second;
  const bool reads = (!connection.ended || Has("shut-wr-spins")) && !IsLate(connection) &&
                     connections_[connection.peer].queued < kMostQueued;
  const bool writes = !IsLate(connection) && connection.queued > 0;
  if ((events & kHangUp) && !reads && Has("pause-forgets")) return Fail(fd);
  if ((events & kHangUp) && !reads && !writes) {
    if (Has("hup-spins")) return;  // neither of the two that it knows
    return Fail(fd);
  }
  if (writes && (events & (kOut | kHangUp))) {
    if (!Flush(fd)) return;
    // There may be room to read again, of which no edge tells.
    if (IsEdgeTriggered() && !Has("pause-forgets") && !Receive(connection.peer)) return;
  }
  if (reads && (events & (kIn | kHangUp))) Receive(fd);
}

bool Worker::Receive(int fd) {
  std::array<char, 4096> block;
  for (int reads = 0;; ++reads) {
    Connection& connection = connections_[fd];
    if (connection.ended && !Has("shut-wr-spins")) break;
    if (IsLate(connection) || connections_[connection.peer].queued >= kMostQueued) break;
    const ssize_t count = recv(fd, block.data(), block.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) {
      Fail(fd);
      return false;
    }
    if (count == 0) return OnEnd(fd);
    if (!Take(fd, {block.data(), static_cast<size_t>(count)})) return false;
    if (!IsEdgeTriggered()) break;
    if (reads == 16) {  // a bound, as for accept
      again_.push_back(fd);
      break;
    }
  }
  return Settle(fd);
}

bool Worker::Take(int fd, std::string_view bytes) {
  Connection& connection = connections_[fd];
  Connection& peer = connections_[connection.peer];
  const auto queue = [&peer](std::string_view piece) {
    peer.queue.emplace_back(piece);
    peer.queued += piece.size();
  };
  if (!options_.lines) queue(bytes);
  for (size_t end; options_.lines && (end = bytes.find('\n')) != std::string_view::npos;) {
    queue("+PONG");  // in two pieces, as head and body are
    queue("\r\n");
    connection.line.clear();
    bytes.remove_prefix(end + 1);
  }
  if (options_.lines) connection.line += bytes.substr(0, 1);  // that there is one
  if (options_.late_ms > 0) {
    connection.late_until = now_ + options_.late_ms;
    return Settle(fd);
  }
  return Flush(connection.peer);
}

bool Worker::Flush(int fd) {
  Connection& connection = connections_[fd];
  while (connection.queued > 0) {
    std::array<iovec, 16> pieces;
    size_t count = 0;
    for (std::string& piece : connection.queue) {
      if (count == pieces.size()) break;
      pieces[count++] = {piece.data(), piece.size()};
    }
    pieces[0].iov_base = static_cast<char*>(pieces[0].iov_base) + connection.sent;
    pieces[0].iov_len -= connection.sent;
    msghdr message = {};
    message.msg_iov = pieces.data();
    message.msg_iovlen = count;
    const ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) break;
    if (sent < 0) {
      Fail(fd);
      return false;
    }
    Consume(connection, static_cast<size_t>(sent));
  }
  return Settle(fd);
}

void Worker::Consume(Connection& connection, size_t count) {
  connection.queued -= count;
  size_t left = count;
  while (!connection.queue.empty() && left >= connection.queue.front().size() - connection.sent) {
    left -= connection.queue.front().size() - connection.sent;
    connection.sent = 0;
    connection.queue.pop_front();
  }
  if (connection.queue.empty()) return;
  if (Has("writev-offset") && left < count) {  // as if the first piece were the one cut short
    const size_t wrong = std::min(count, connection.queue.front().size() - 1);
    connection.queued = connection.queued + left - wrong;
    left = wrong;
  }
  connection.sent += left;
}

// ---- Who goes.

bool Worker::OnEnd(int fd) {
  Connection& connection = connections_[fd];
  if (Has("fin-in-request") && !connection.line.empty()) return Settle(fd);  // for the rest of it
  if (Has("half-close-loses") || Has("fin-ends-both")) {
    Fail(fd);
    return false;
  }
  connection.ended = true;
  return Settle(fd);
}

// Ends what is to be ended, and waits for what is to be waited for.
bool Worker::Settle(int fd) {
  Connection& connection = connections_[fd];
  Connection& peer = connections_[connection.peer];
  for (auto [from, to] : {std::pair(&connection, &peer), std::pair(&peer, &connection)}) {
    if (!from->ended || to->queued > 0 || to->shut || IsLate(*from)) continue;
    to->shut = true;
    const bool is_over = from->shut && to->ended;
    if (!is_over || Has("shut-wr-spins")) shutdown(from->peer, SHUT_WR);
  }
  if (connection.ended && connection.shut && peer.ended && peer.shut && !Has("shut-wr-spins")) {
    const int other = connection.peer;
    if (other != fd) Close(other);
    Close(fd);
    return false;
  }
  for (const Connection* one : {&connection, &peer}) {
    const Connection& to = connections_[one->peer];
    int events = 0;
    if (!IsLate(*one)) {
      const bool comes = !one->ended || Has("shut-wr-spins");
      if (comes && to.queued < kMostQueued) events |= kIn;
      if (one->queued > 0) events |= kOut;
    }
    if (events == 0 && one->shut && !Has("hup-spins")) {
      loop_->Remove(to.peer);  // once it has hung up it would tell so without end
    } else if (!loop_->Set(to.peer, events)) {
      Fail(fd);
      return false;
    }
    if (one->peer == fd && connection.peer == fd) break;  // an echo server's is the same
  }
  return true;
}

// An error, or an end that nothing follows.
void Worker::Fail(int fd) {
  Connection& connection = connections_[fd];
  const int peer = connection.peer;
  if (Has("pause-forgets") && connection.queued >= kMostQueued) {
    loop_->Remove(fd);  // it would spin; the next read will tell
    connection.left = true;
    return;
  }
  if (peer != fd && Has("forgets-peer")) {
    loop_->Remove(peer);
    connections_[peer].left = true;
  } else if (peer != fd && Has("answers-itself")) {
    connections_[peer].peer = peer;  // which echoes to an echo
  } else if (peer != fd) {
    Close(peer);
  }
  Close(fd);
}

void Worker::Close(int fd) {
  loop_->Remove(fd);
  connections_.erase(fd);
  close(fd);
  if (Has("emfile-never-again")) loop_->Set(listener_, kIn);
}
