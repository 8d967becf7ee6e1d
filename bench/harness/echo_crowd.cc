#include "bench/harness/echo_crowd.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <string>
#include <vector>

#include "kernel/in_force.h"
#include "scenarios/language/parse.h"
#include "tools/cli/errors.h"

namespace hupstorm::harness {
namespace {

constexpr uint16_t kPort = 8888;
// A server that has been asked to stop may sleep for so many of its timers.
constexpr int kMostSleepsAtEnd = 1000;

}  // namespace

Scenario ScenarioOf(const EchoCrowd& crowd) {
  std::string text = fmt::format("c[1..{0}] connect\nc[1..{0}] read all\n", crowd.clients);
  for (int i = 0; i < crowd.messages; ++i) {
    text += fmt::format("c[1..{}] send {}B\n", crowd.clients, crowd.bytes);
  }
  return ParseScenario(text, "echo-crowd");
}

HandPlayed::HandPlayed(const EchoCrowd& crowd)
    : crowd_(crowd), message_(static_cast<size_t>(crowd.bytes), std::byte{'x'}) {}

void HandPlayed::Run(const Target& target, Syscalls& top) {
  watched_ = false;
  Play(target, top);
}

void HandPlayed::RunWatched(const Target& target) {
  watched_ = true;
  ledger_.Clear();
  ledger_.target = &target;
  ledger_.client_count = 0;
  for (int i = 0; i < crowd_.clients; ++i) {
    ledger_.AddClient().stream.Reset(target, 'c', static_cast<uint32_t>(i) + 1);
  }
  ledger_.descriptors_at_start = 3;  // the listener and its like
  judge_.Start(target.name, no_scenario_);
  monitor_.Start(target, RunOptions());
  Play(target, monitor_);
}

void HandPlayed::Play(const Target& target, Syscalls& top) {
  kernel_.Reset();
  kernel_.set_driver(this);
  messages_sent_ = -1;
  sleeps_at_end_ = 0;
  const ServerScope scope(top);
  target.serve(kPort);
}

std::span<const std::byte> HandPlayed::Message(PeerId peer) {
  if (!watched_) return message_;
  ClientStream& stream = ledger_.clients[static_cast<size_t>(peer)].stream;
  const uint64_t start = stream.sent();
  stream.AppendPattern(message_.size());
  // One client's after another's in the same room.
  return std::as_bytes(
      std::span(stream.View(start, message_.size(), reinterpret_cast<char*>(message_.data()))));
}

void HandPlayed::PlayClient(PeerId peer) {
  const std::span<const std::byte> echo = kernel_.PeerPeek(peer);
  if (watched_ && !echo.empty()) {
    ledger_.clients[static_cast<size_t>(peer)].stream.Receive(
        {reinterpret_cast<const char*>(echo.data()), echo.size()});
  }
  kernel_.PeerConsume(peer, echo.size());
  if (messages_sent_ < crowd_.messages) {
    kernel_.PeerSend(peer, Message(peer));
  } else {
    kernel_.PeerClose(peer);
  }
}

void HandPlayed::OnBlock(Call, int, int64_t deadline_ns) {
  if (watched_) monitor_.OnStep();
  if (messages_sent_ < 0) {
    for (int i = 0; i < crowd_.clients; ++i) kernel_.PeerConnect(kPort);
    messages_sent_ = 0;
    return;
  }
  if (messages_sent_ <= crowd_.messages) {
    for (PeerId peer = 0; peer < crowd_.clients; ++peer) PlayClient(peer);
    ++messages_sent_;
    return;
  }
  if (sleeps_at_end_++ == 0) {
    kernel_.RaiseSignal(SIGTERM);
    return;
  }
  int64_t next = deadline_ns;
  const int64_t timer = kernel_.NextTimerNs();
  if (timer >= 0) next = next < 0 ? timer : std::min(next, timer);
  if (next < 0 || sleeps_at_end_ > kMostSleepsAtEnd) {
    throw FailedError("the server was asked to stop, and sleeps on");
  }
  kernel_.AdvanceTo(std::max(next, kernel_.now_ns()));
}

Scenario PassingCrowd(int clients) {
  // A letter stands for 10,000 clients at most.
  constexpr int kClientsOfALetter = 10'000;
  std::string text;
  for (const char* action : {"connect", "send 100B"}) {
    for (int first = 0; first < clients; first += kClientsOfALetter) {
      text += fmt::format("{}[0..{}] {}\n", static_cast<char>('a' + first / kClientsOfALetter),
                          std::min(clients - first, kClientsOfALetter) - 1, action);
    }
  }
  return ParseScenario(text, fmt::format("{} connections", clients));
}

}  // namespace hupstorm::harness
