#include "bench/load/load_generator.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <random>

#include "base/loopback_address.h"
#include "bench/measuring.h"

namespace hupstorm {
namespace {

// Messages begin at so many places of the pattern; of two connections, or of two messages in a row,
// no two begin at the same one.
constexpr size_t kPlaces = 4093;
// Fewer than any server's queue of connections that wait to be accepted.
constexpr size_t kOpenedAtOnce = 64;
constexpr size_t kConnectionSlots = 16;
constexpr int kEvents = 256;

[[noreturn]] void ThrowErrno(const char* what) {
  throw LoadError(fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

uint64_t Percentile(std::vector<uint64_t> numbers, double fraction) {
  if (numbers.empty()) return 0;
  const auto wanted =
      static_cast<ptrdiff_t>(std::ceil(fraction * static_cast<double>(numbers.size())));
  const auto place = numbers.begin() + std::max<ptrdiff_t>(1, wanted) - 1;
  std::nth_element(numbers.begin(), place, numbers.end());
  return *place;
}

LoadGenerator::LoadGenerator(const LoadSettings& settings)
    : settings_(settings),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      pattern_(settings.message_bytes + kPlaces),
      // Room for a byte more than was sent, to see it.
      buffer_(std::max<size_t>(64 * 1024, settings.message_bytes) + 1) {
  if (!epoll_) ThrowErrno("epoll_create1");
  std::minstd_rand random(1);
  for (char& byte : pattern_) byte = static_cast<char>(random() >> 16);
}

LoadGenerator::~LoadGenerator() {
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  for (const Client& client : clients_) {
    if (client.fd < 0) continue;
    setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(client.fd);
  }
}

const char* LoadGenerator::Bytes(const Client& client, size_t index) const {
  return pattern_.data() + (index * 61 + size_t{client.message} * 17) % kPlaces;
}

void LoadGenerator::Watch(const Client& client, size_t index, int operation, bool for_room) {
  epoll_event event = {};
  event.events = EPOLLIN;
  if (for_room) event.events |= EPOLLOUT;
  event.data.u64 = index;
  if (epoll_ctl(epoll_.get(), operation, client.fd, &event) != 0) ThrowErrno("epoll_ctl");
}

void LoadGenerator::Open(size_t index) {
  Client& client = clients_[index];
  client = {};
  client.fd = ConnectToLoopback(settings_.port).release();
  if (client.fd < 0) ThrowErrno("connect");
  const int on = 1;
  setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(client.fd, F_SETFL, O_NONBLOCK);
  Watch(client, index, EPOLL_CTL_ADD, false);
}

void LoadGenerator::Begin(Client& client, size_t index, Clock::time_point now) {
  ++client.message;
  client.sent = 0;
  client.received = 0;
  client.began = now;
  client.busy = true;
  ++busy_;
  Send(client, index);
}

void LoadGenerator::Send(Client& client, size_t index) {
  const size_t left = settings_.message_bytes - client.sent;
  const ssize_t sent =
      send(client.fd, Bytes(client, index) + client.sent, left, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    throw LoadError(
        fmt::format("sending on connection {} failed: {}", index, std::strerror(errno)));
  }
  if (sent > 0) client.sent += static_cast<size_t>(sent);
  const bool waits = client.sent < settings_.message_bytes;
  if (waits == client.awaits_room) return;
  client.awaits_room = waits;
  Watch(client, index, EPOLL_CTL_MOD, waits);
}

bool LoadGenerator::Receive(Client& client, size_t index) {
  const ssize_t got = recv(client.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got <= 0) {
    throw LoadError(fmt::format("the server {} connection {} after {} of {} bytes of message {}",
                                got == 0 ? "closed" : "broke", index, client.received,
                                settings_.message_bytes, client.message));
  }
  const auto count = static_cast<size_t>(got);
  // Without a message under way any byte is too many.
  const size_t owed = client.busy ? client.sent - client.received : 0;
  if (count > owed) {
    throw LoadError(fmt::format("the server sent more than it got, on connection {}", index));
  }
  const char* const expected = Bytes(client, index) + client.received;
  if (std::memcmp(buffer_.data(), expected, count) != 0) {
    const auto place = std::mismatch(expected, expected + count, buffer_.begin()).first - expected;
    throw LoadError(fmt::format("byte {} of message {} on connection {} came back changed",
                                client.received + static_cast<size_t>(place), client.message,
                                index));
  }
  client.received += count;
  return client.received == settings_.message_bytes;
}

template <typename OnEcho>
void LoadGenerator::Loop(OnEcho on_echo) {
  while (busy_ > 0) {
    epoll_event events[kEvents];
    const int count =
        epoll_wait(epoll_.get(), events, kEvents, static_cast<int>(settings_.patience.count()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) ThrowErrno("epoll_wait");
    if (count == 0) {
      throw LoadError(fmt::format("{} messages got no answer, or a part of it, for {} s", busy_,
                                  static_cast<double>(settings_.patience.count()) / 1000));
    }
    for (int i = 0; i < count; ++i) {
      const size_t index = events[i].data.u64;
      Client& client = clients_[index];
      if ((events[i].events & EPOLLOUT) != 0 && client.awaits_room) Send(client, index);
      if ((events[i].events & ~EPOLLOUT) == 0 || !Receive(client, index)) continue;
      client.busy = false;
      --busy_;
      on_echo(client, index, Clock::now());
    }
  }
}

void LoadGenerator::CheckNothingMore() {
  epoll_event event;
  if (epoll_wait(epoll_.get(), &event, 1, 0) == 1)
    Receive(clients_[event.data.u64], event.data.u64);
}

template <typename Start>
LoadResult LoadGenerator::Measure(Start start) {
  LoadResult result;
  // Processor time is read inside of the seconds, so that it cannot be more than they are.
  const Clock::time_point begin = Clock::now();
  const int64_t cpu = ThreadCpuNs();
  start(result, begin);
  result.cpu_seconds = static_cast<double>(ThreadCpuNs() - cpu) * 1e-9;
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return result;
}

void LoadGenerator::Connect() {
  const auto all = static_cast<size_t>(settings_.connections);
  while (clients_.size() < all) {
    const size_t opened = clients_.size();
    clients_.resize(std::min(all, opened + kOpenedAtOnce));
    for (size_t i = opened; i < clients_.size(); ++i) Open(i);
    ExchangeOnce(opened, clients_.size());
  }
}

void LoadGenerator::ExchangeOnce(size_t first, size_t end) {
  for (size_t i = first; i < end; ++i) Begin(clients_[i], i, {});
  Loop([](Client&, size_t, Clock::time_point) {});
}

LoadResult LoadGenerator::ExchangeMessages(std::chrono::nanoseconds window) {
  LoadResult measured = Measure([this, window](LoadResult& result, Clock::time_point begin) {
    const Clock::time_point end = begin + window;
    for (size_t i = 0; i < clients_.size(); ++i) Begin(clients_[i], i, Clock::now());
    Loop([&](Client& client, size_t index, Clock::time_point now) {
      ++result.count;
      result.latency_ns.push_back(static_cast<uint64_t>((now - client.began).count()));
      if (now < end) Begin(client, index, now);
    });
  });
  CheckNothingMore();
  return measured;
}

LoadResult LoadGenerator::ExchangeConnections(std::chrono::nanoseconds window, uint64_t most) {
  return Measure([=, this](LoadResult& result, Clock::time_point begin) {
    const Clock::time_point end = begin + window;
    uint64_t opened = 0;
    const auto open = [&](size_t index, Clock::time_point now) {
      ++opened;
      Open(index);
      Begin(clients_[index], index, now);
    };
    clients_.resize(std::min<size_t>(kConnectionSlots, most));
    for (size_t i = 0; i < clients_.size(); ++i) open(i, Clock::now());
    Loop([&](Client& client, size_t index, Clock::time_point now) {
      ++result.count;
      result.latency_ns.push_back(static_cast<uint64_t>((now - client.began).count()));
      close(client.fd);
      client.fd = -1;
      if (now < end && opened < most) open(index, now);
    });
  });
}

}  // namespace hupstorm
