// Brings a run to its end once the script is over. Each phase begins when the server is at rest,
// judges what the one before has shown, and does the next thing.

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "scenarios/worlds/scenario_run.h"

namespace hupstorm {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
// How long a phase waits on the clock for a server that still has something to do: longer than
// common back-off and linger times, shorter than TCP's own give-up times.
constexpr int64_t kPatienceNs = 75 * kSecond;
constexpr int kMostClockMoves = 200;
constexpr int64_t kStopPatienceNs = 30 * kSecond;
constexpr uint64_t kProbeBytes = 16;
// A heap that grew in the scenario's one round is looked at for as many rounds more.
constexpr uint32_t kExtraRounds = 3;

ClientView::State StateShownTo(const ClientFacts& client) {
  if (client.refused) return ClientView::State::kRefused;
  if (client.was_reset) return ClientView::State::kReset;
  if (client.end_of_input) return ClientView::State::kEndOfInput;
  return client.connected ? ClientView::State::kOpen : ClientView::State::kWaiting;
}

}  // namespace

void ScenarioRun::ContinueEpilogue(int64_t deadline_ns) {
  if (WaitsForTime(deadline_ns)) return;
  clients_.Refresh();
  switch (phase_) {
    case Phase::kLifted:
      Judge(Moment::kScriptDone);
      Drain();
      break;
    case Phase::kDraining:
      for (size_t i = 0; i < ledger_.client_count; ++i) {
        ledger_.clients[i].complete_when_drained = ledger_.clients[i].stream.complete();
      }
      RecordViews();
      Judge(Moment::kDrained);
      HalfClose();
      break;
    case Phase::kHalfClosing:
      Judge(Moment::kHalfClosed);
      CloseAll();
      break;
    case Phase::kClosing:
      Judge(Moment::kClientsGone);
      Probe();
      break;
    case Phase::kProbing:
      Judge(Moment::kProbed);
      Part();
      break;
    case Phase::kParting:
      EndRound();
      break;
    case Phase::kStopping:
      Stop(deadline_ns);
      break;
    case Phase::kStarting:
    case Phase::kWarmingUp:
    case Phase::kCooling:
    case Phase::kScript:
      break;
  }
}

void ScenarioRun::EnterPhase(Phase phase, std::string_view name) {
  phase_ = phase;
  phase_started_ns_ = kernel_.now_ns();
  clock_moves_ = 0;
  if (!name.empty()) Note(TimeLineEntry::Kind::kEpilogue, std::string(name));
}

// Something is left to do and the server, or the kernel, waits for the clock: moves it on.
bool ScenarioRun::WaitsForTime(int64_t deadline_ns) {
  if (phase_ == Phase::kStopping) return false;
  int64_t next = deadline_ns;
  const int64_t timer = kernel_.NextTimerNs();
  if (timer >= 0) next = next < 0 ? timer : std::min(next, timer);
  if (next < 0 || next - phase_started_ns_ > kPatienceNs || clock_moves_ >= kMostClockMoves) {
    return false;
  }
  clients_.Refresh();
  if (!IsOutstanding()) return false;
  ++clock_moves_;
  AdvanceClock(std::max(next, kernel_.now_ns()));
  acted_ = true;
  return true;
}

bool ScenarioRun::IsOutstanding() const {
  for (size_t i = 0; i < ledger_.client_count; ++i) {
    const ClientFacts& client = ledger_.clients[i];
    if (client.server_open && (client.finished_sending || client.was_reset)) return true;
    if (client.closed || client.reset || client.vanished || client.aborted || client.refused) {
      continue;
    }
    if (!client.accepted || client.unread > 0) return true;
    if (client.reading && !client.stream.complete() && !client.end_of_input && !client.was_reset &&
        !client.stream.answer_is_optional()) {
      return true;
    }
  }
  return false;
}

void ScenarioRun::Lift() {
  if (!sockets_recorded_) RecordSockets();
  RecordViews();
  call_logger_.End();
  EnterPhase(Phase::kLifted, "faults and limits are lifted");
  for (const int step : monitor_.TakePlaced()) {
    if (round_ == 0) result_.steps_not_reached.push_back(step);
  }
  injector_.Clear();
  kernel_.set_descriptor_limit(DrivenKernel::kNoDescriptorLimit);
  kernel_.set_server_send_buffer(DrivenKernel::kDefaultBuffer);
  kernel_.set_server_receive_buffer(DrivenKernel::kDefaultBuffer);
}

void ScenarioRun::Drain() {
  EnterPhase(Phase::kDraining, "all clients read what is left");
  for (size_t i = 0; i < ledger_.client_count; ++i) clients_.ReadAll(static_cast<int>(i));
  acted_ = true;
}

void ScenarioRun::HalfClose() {
  EnterPhase(Phase::kHalfClosing, "all clients shut down writing");
  for (size_t i = 0; i < ledger_.client_count; ++i) {
    if (ledger_.clients[i].finished_sending) continue;
    clients_.ShutdownWrite(static_cast<int>(i));
    acted_ = true;
  }
}

void ScenarioRun::CloseAll() {
  EnterPhase(Phase::kClosing, "all clients close");
  for (size_t i = 0; i < ledger_.client_count; ++i) {
    const int client = static_cast<int>(i);
    // A host that was gone is back: it answers what it does not know with RST.
    if (ledger_.clients[i].vanished) kernel_.PeerReset(clients_.PeerOf(client));
    clients_.CloseNow(client);
  }
  acted_ = true;
}

void ScenarioRun::Probe() {
  EnterPhase(Phase::kProbing, "a new client connects and speaks");
  if (ledger_.asked_to_stop) return;
  probe_ = ConnectAndSpeak();
  acted_ = true;
}

int ScenarioRun::ConnectAndSpeak() {
  const int client = clients_.Connect('z', kMaxClientIndex, port_, /*probe=*/true);
  const Protocol protocol = ledger_.target->protocol;
  if (protocol == Protocol::kHttp || protocol == Protocol::kExpect) {
    clients_.SendRequest(client, 0);
  } else {
    clients_.SendPattern(client, kProbeBytes);
  }
  clients_.ReadAll(client);
  return client;
}

void ScenarioRun::Part() {
  EnterPhase(Phase::kParting, "");
  if (probe_ < 0) return;
  clients_.CloseNow(probe_);
  probe_ = -1;
  acted_ = true;
}

void ScenarioRun::EndRound() {
  LookAtDescriptors();
  ledger_.heap_marks.push_back({.heap = HeapOfServer(), .most_clients = most_connected_});
  Judge(Moment::kRoundEnd);
  ++round_;
  const std::vector<HeapMark>& marks = ledger_.heap_marks;
  const bool grew = marks.back().heap.bytes > marks[marks.size() - 2].heap.bytes;
  const bool look_again =
      scenario_->rounds <= kExtraRounds && grew && round_ < scenario_->rounds + kExtraRounds;
  if (!ledger_.asked_to_stop && (round_ < scenario_->rounds || look_again)) {
    EnterPhase(Phase::kScript, "the next round begins");
    clients_.StartRound();
    next_step_ = 0;
    return;
  }
  EnterPhase(Phase::kStopping, ledger_.asked_to_stop ? "" : "the server is asked to stop");
  if (ledger_.asked_to_stop) return;
  const DrivenKernel::Disposition disposition = kernel_.SignalDisposition(SIGTERM);
  if (disposition == DrivenKernel::Disposition::kDefault) EndRun();  // the signal ends it
  ledger_.asked_to_stop = true;
  kernel_.RaiseSignal(SIGTERM);
  acted_ = true;
}

// The server was asked to stop and sleeps again.
void ScenarioRun::Stop(int64_t deadline_ns) {
  if (kernel_.SignalDisposition(SIGTERM) == DrivenKernel::Disposition::kDefault) EndRun();
  int64_t next = deadline_ns;
  const int64_t timer = kernel_.NextTimerNs();
  if (timer >= 0) next = next < 0 ? timer : std::min(next, timer);
  if (next >= 0 && next - phase_started_ns_ <= kStopPatienceNs && clock_moves_ < kMostClockMoves) {
    ++clock_moves_;
    AdvanceClock(std::max(next, kernel_.now_ns()));
    acted_ = true;
    return;
  }
  ledger_.stop_ignored = true;
  EndRun();
}

void ScenarioRun::RecordViews() {
  if (options_->client_views == nullptr || round_ >= scenario_->rounds) return;
  for (size_t i = 0; i < ledger_.client_count; ++i) {
    const ClientFacts& client = ledger_.clients[i];
    options_->client_views->push_back({.letter = client.letter,
                                       .index = client.index,
                                       .received = client.stream.received(),
                                       .state = StateShownTo(client),
                                       .left = client.closed || client.reset});
  }
}

void ScenarioRun::LookAtDescriptors() {
  ledger_.descriptors_now = kernel_.open_descriptor_count();
  ledger_.descriptors_left.clear();
  const int start = ledger_.stopped ? 0 : ledger_.descriptors_at_start;
  if (ledger_.descriptors_now <= start) return;
  int connections = 0;
  int others = 0;
  std::string names;
  for (const DrivenKernel::Descriptor& descriptor : kernel_.OpenDescriptors()) {
    if (descriptor.kind != DrivenKernel::DescriptorKind::kConnection) {
      ++others;
      continue;
    }
    const int client = clients_.ClientOfPeer(descriptor.peer);
    if (++connections <= 5 && client >= 0) {
      names += (names.empty() ? "" : ", ") + ledger_.ClientName(ledger_.clients[client]);
    }
  }
  std::string& left = ledger_.descriptors_left;
  if (connections > 0) {
    left = fmt::format("{} connection{}", connections, connections == 1 ? "" : "s");
    if (!names.empty()) left += fmt::format(" ({}{})", names, connections > 5 ? ", ..." : "");
  }
  if (others > start || connections == 0) {
    left += fmt::format("{}{} other descriptor{}", left.empty() ? "" : ", ",
                        others - (ledger_.stopped ? 0 : start), others == 1 ? "" : "s");
  }
}

void ScenarioRun::RecordSockets() {
  sockets_recorded_ = true;
  if (!options_->record_time_line) return;
  for (size_t i = 0; i < ledger_.client_count; ++i) {
    const PeerId peer = clients_.PeerOf(static_cast<int>(i));
    const DrivenKernel::ConnectionStatus server = kernel_.ServerSide(peer);
    const DrivenKernel::PeerStatus client = kernel_.Status(peer);
    const bool gone = server.fd < 0 && server.state == TcpState::kClosed;
    result_.sockets.push_back({.client = ledger_.ClientName(ledger_.clients[i]),
                               .server_state = gone ? "-" : std::string(TcpStateName(server.state)),
                               .client_state = std::string(TcpStateName(client.state)),
                               .fd = server.fd,
                               .server_recv_q = server.unread,
                               .server_send_q = server.unsent,
                               .client_recv_q = client.unread});
  }
}

}  // namespace hupstorm
