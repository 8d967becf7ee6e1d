#include "scenarios/worlds/epilogue.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "base/timespec.h"
#include "scenarios/worlds/snapshots.h"

namespace hupstorm {
namespace {

// How long a phase waits on the clock for a server that still has something to do: longer than
// common back-off and linger times, shorter than TCP's own give-up times.
constexpr int64_t kPatienceNs = 75 * kSecondNs;
// What a server may hold for a client if its limit is not known, and what a client sends to see
// whether there is one. Of small requests there are fewer: a server works long on each.
constexpr uint64_t kMostHeld = 20 << 20;
constexpr uint64_t kFloodBytes = 24 << 20;
constexpr uint64_t kFloodRequests = 2'000'000;
// A heap that grew in the scenario's one round is looked at for as many rounds more, unless
// connections were kept: their memory grows with them, and each round of theirs takes longer.
constexpr uint32_t kExtraRounds = 3;
// How long a server whose heap has grown is given to forget what it keeps for a while.
constexpr int64_t kForgettingNs = 900 * kSecondNs;
// A server that has kept more descriptors in each of so many rounds in a row keeps more in all.
// With what it keeps, each round takes longer than the one before.
constexpr uint32_t kEnoughLeakingRounds = 10;

}  // namespace

void Epilogue::Start(const Scenario& scenario, const RunOptions& options) {
  scenario_ = &scenario;
  options_ = &options;
  round_ = 0;
  phase_ = Phase::kLifted;
  probe_ = flood_ = -1;
  leaking_rounds_ = 0;
}

void Epilogue::BeginRound() {
  given_up_.clear();
  RecordViews();
  Enter(Phase::kLifted, "faults and limits are lifted");
  kernel_.set_descriptor_limit(DrivenKernel::kNoDescriptorLimit);
  kernel_.set_server_send_buffer(DrivenKernel::kDefaultBuffer);
  kernel_.set_server_receive_buffer(DrivenKernel::kDefaultBuffer);
}

Epilogue::Outcome Epilogue::Continue(int64_t deadline_ns) {
  // What it does meanwhile is not judged.
  if (phase_ == Phase::kLifted && ledger_.asked_to_stop && kernel_.AwaitsStop()) {
    return Outcome::kActed;
  }
  if (WaitsForTime(deadline_ns)) return Outcome::kActed;
  clients_.Refresh();
  switch (phase_) {
    case Phase::kLifted:
      return FloodIsDue() ? BeginFlood() : Drain();
    case Phase::kFlooding:
      return EndFlood();
    case Phase::kDraining:
      return HalfClose();
    case Phase::kHalfClosing:
      return CloseAll();
    case Phase::kClosing:
      return Probe();
    case Phase::kProbing:
      return Part();
    case Phase::kParting:
      return EndRound();
    case Phase::kForgetting:
      return Forget(deadline_ns);
    case Phase::kStopping:
      return Stop(deadline_ns);
  }
  std::abort();  // not reached
}

void Epilogue::Enter(Phase phase, std::string_view name) {
  phase_ = phase;
  moved_before_ns_ = clock_.moved_ns();
  clock_moves_.Start();
  if (!name.empty()) time_line_.Note(TimeLineEntry::Kind::kEpilogue, std::string(name));
}

// Something is left to do and the server, or the kernel, waits for the clock: moves it on.
bool Epilogue::WaitsForTime(int64_t deadline_ns) {
  if (phase_ == Phase::kStopping || phase_ == Phase::kForgetting) return false;
  if (clock_moves_.any()) {
    ledger_.waited_ns = clock_.moved_ns() - moved_before_ns_;
  } else if (!ledger_.spinning) {
    ledger_.waited_ns = 0;
  }
  const int64_t next = clock_.NextEventNs(deadline_ns);
  if (!HasTimeFor(next, kPatienceNs)) {
    if (ledger_.spinning && clock_moves_.any()) GiveUp();
    return false;
  }
  clients_.Refresh();
  if (!IsOutstanding()) return false;
  if (GetsOn() && !ledger_.spinning) {
    clock_.Renew();
    if (clock_.IsWornOut()) return true;
    moved_before_ns_ = clock_.moved_ns();
    clock_moves_.Start();
  }
  MoveClock(next, kPatienceNs);
  return true;
}

// The server has got on since the clock was moved last in this phase.
bool Epilogue::GetsOn() {
  const uint64_t before = std::exchange(progress_, ledger_.Progress());
  return progress_ != before && clock_moves_.any();
}

bool Epilogue::HasTimeFor(int64_t ns, int64_t patience_ns) const {
  return clock_moves_.Has(ns, clock_.StartOf(moved_before_ns_), patience_ns, ledger_.spinning);
}

void Epilogue::MoveClock(int64_t ns, int64_t patience_ns) {
  const int64_t start = clock_.StartOf(moved_before_ns_);
  clock_.AdvanceTo(clock_moves_.Take(ns, start, patience_ns, ledger_.spinning));
}

// What the server still has to do for a client, and may do when time goes by.
Epilogue::Outstanding Epilogue::OutstandingFor(const ClientFacts& client) {
  if (client.server_open && (client.finished_sending || client.was_reset)) return kToClose;
  if (client.closed || client.reset || client.vanished || client.aborted || client.refused) {
    return kNothing;
  }
  if (!client.accepted || client.unread > 0) return kToRead;
  const bool is_owed = client.reading && !client.stream.complete() && !client.end_of_input &&
                       !client.was_reset && !client.stream.answer_is_optional();
  return is_owed ? kToAnswer : kNothing;
}

bool Epilogue::IsOutstanding() const {
  for (size_t i = 0; i < ledger_.client_count; ++i) {
    const int given_up = ledger_.spinning && i < given_up_.size() ? given_up_[i] : 0;
    if ((OutstandingFor(ledger_.clients[i]) & ~given_up) != kNothing) return true;
  }
  return phase_ == Phase::kParting && !ledger_.spinning &&
         kernel_.open_descriptor_count() > ledger_.descriptors_at_start;
}

// A server that spins may do so for ever, on the very clients that it was waited for in vain.
void Epilogue::GiveUp() {
  clients_.Refresh();
  given_up_.resize(ledger_.client_count, kNothing);
  for (size_t i = 0; i < ledger_.client_count; ++i) {
    given_up_[i] |= OutstandingFor(ledger_.clients[i]);
  }
}

void Epilogue::RecordViews() {
  if (options_->client_views == nullptr || round_ >= scenario_->rounds) return;
  AppendViews(ledger_, *options_->client_views);
}

// Each of these lets the oracles judge the phase that is over, and begins the next one.

// A client had the server hold more than most do: is there an end to it?
bool Epilogue::FloodIsDue() const {
  const uint64_t bound = Target::kUnknownBound;
  if (ledger_.target->queue_bound != bound || ledger_.asked_to_stop || ledger_.dead) return false;
  if (endless_queues_.contains(ledger_.target->name)) return false;
  const auto clients = ledger_.InUse();
  return std::any_of(clients.begin(), clients.end(),
                     [](const ClientFacts& client) { return client.most_held > bound; });
}

Epilogue::Outcome Epilogue::BeginFlood() {
  Enter(Phase::kFlooding, "a new client sends on and reads nothing, to see whether the queue ends");
  const Exchange* const exchange = ledger_.target->exchange.get();
  flood_bytes_ = exchange == nullptr
                     ? kFloodBytes
                     : std::min(kFloodBytes, kFloodRequests * exchange->request.size());
  flood_ = clients_.ConnectFlood(flood_bytes_);
  flood_held_ = 0;
  return Outcome::kActed;
}

Epilogue::Outcome Epilogue::EndFlood() {
  const ClientFacts& flood = ledger_.clients[static_cast<size_t>(flood_)];
  // From outside, a server that a busy machine holds up looks like one at rest.
  if (flood.most_held > std::exchange(flood_held_, flood.most_held)) return Outcome::kActed;
  const bool is_endless = flood.most_held >= std::min(kMostHeld, flood_bytes_ / 5 * 4);
  if (flood.accepted) endless_queues_[ledger_.target->name] = is_endless ? flood.most_held : 0;
  clients_.Reset(std::exchange(flood_, -1));
  Enter(Phase::kLifted, "");
  return Outcome::kActed;
}

Epilogue::Outcome Epilogue::Drain() {
  if (const auto known = endless_queues_.find(ledger_.target->name);
      known != endless_queues_.end()) {
    ledger_.endless_queue = known->second;
  }

  judge_.At(Moment::kScriptDone);
  Enter(Phase::kDraining, "all clients read what is left");
  for (int client = 0; client < clients_.count(); ++client) clients_.ReadAll(client);
  return Outcome::kActed;
}

Epilogue::Outcome Epilogue::HalfClose() {
  for (ClientFacts& client : ledger_.InUse()) {
    client.complete_when_drained = client.stream.complete();
  }
  RecordViews();
  judge_.At(Moment::kDrained);
  Enter(Phase::kHalfClosing, "all clients shut down writing");
  bool acted = false;
  for (int client = 0; client < clients_.count(); ++client) {
    if (ledger_.clients[client].finished_sending) continue;
    clients_.ShutdownWrite(client);
    acted = true;
  }
  return acted ? Outcome::kActed : Outcome::kPhaseDone;
}

Epilogue::Outcome Epilogue::CloseAll() {
  judge_.At(Moment::kHalfClosed);
  Enter(Phase::kClosing, "all clients close");
  for (int client = 0; client < clients_.count(); ++client) {
    // A host that was gone is back: it answers what it does not know with RST.
    if (ledger_.clients[client].vanished) kernel_.PeerReset(clients_.PeerOf(client));
    clients_.CloseNow(client);
  }
  return Outcome::kActed;
}

Epilogue::Outcome Epilogue::Probe() {
  judge_.At(Moment::kClientsGone);
  Enter(Phase::kProbing, "a new client connects and speaks");
  if (ledger_.asked_to_stop) return Outcome::kPhaseDone;
  probe_ = clients_.ConnectProbe();
  return Outcome::kActed;
}

Epilogue::Outcome Epilogue::Part() {
  judge_.At(Moment::kProbed);
  Enter(Phase::kParting, "");
  if (probe_ < 0) return Outcome::kPhaseDone;
  clients_.CloseNow(std::exchange(probe_, -1));
  return Outcome::kActed;
}

Epilogue::Outcome Epilogue::EndRound() {
  const int descriptors_before =
      round_ == 0 ? ledger_.descriptors_at_start : ledger_.descriptors_now;
  descriptors_.EndRound();
  heap_.EndRound();
  leaking_rounds_ = ledger_.descriptors_now > descriptors_before ? leaking_rounds_ + 1 : 0;
  ledger_.heap_marks.push_back({.heap = host_.Heap(), .most_clients = ledger_.most_connected});
  judge_.At(Moment::kRoundEnd);
  ++round_;
  const std::vector<HeapMark>& marks = ledger_.heap_marks;
  const bool grew = marks.back().heap.bytes > marks[marks.size() - 2].heap.bytes;
  if (heap_.WantsTime() && !ledger_.asked_to_stop) {
    Enter(Phase::kForgetting, "time goes by");
    return Outcome::kPhaseDone;
  }
  const bool knows_enough = leaking_rounds_ >= kEnoughLeakingRounds;
  return AfterRound((round_ < scenario_->rounds && !knows_enough) ||
                    descriptors_.WantsAnotherRound() || heap_.WantsAnotherRound() ||
                    (scenario_->rounds <= kExtraRounds && grew && leaking_rounds_ == 0 &&
                     round_ < scenario_->rounds + kExtraRounds));
}

// Caches are emptied, what lingers is freed.
Epilogue::Outcome Epilogue::Forget(int64_t deadline_ns) {
  const int64_t next = clock_.NextEventNs(deadline_ns);
  if (HasTimeFor(next, kForgettingNs)) {
    MoveClock(next, kForgettingNs);
    return Outcome::kActed;
  }
  heap_.EndTime();
  judge_.At(Moment::kRoundEnd);
  return AfterRound(heap_.WantsAnotherRound() || round_ < scenario_->rounds);
}

Epilogue::Outcome Epilogue::AfterRound(bool look_again) {
  if (ledger_.asked_to_stop) {
    Enter(Phase::kStopping, "");
    return Outcome::kPhaseDone;
  }
  if (look_again) {
    time_line_.Note(TimeLineEntry::Kind::kEpilogue, "the next round begins");
    return Outcome::kNextRound;
  }
  if (host_.GoesOnWithNext()) return Outcome::kNextScenario;
  Enter(Phase::kStopping, "the server is asked to stop");
  if (kernel_.SignalDisposition(SIGTERM) == DrivenKernel::Disposition::kDefault) {
    return Outcome::kOver;  // the signal ends it
  }
  ledger_.asked_to_stop = true;
  kernel_.RaiseSignal(SIGTERM);
  return Outcome::kActed;
}

// The server was asked to stop and sleeps again.
Epilogue::Outcome Epilogue::Stop(int64_t deadline_ns) {
  if (kernel_.SignalDisposition(SIGTERM) == DrivenKernel::Disposition::kDefault) {
    return Outcome::kOver;
  }
  const int64_t next = clock_.NextEventNs(deadline_ns);
  if (HasTimeFor(next, kStopPatienceNs)) {
    MoveClock(next, kStopPatienceNs);
    return Outcome::kActed;
  }
  if (kernel_.AwaitsStop()) return Outcome::kActed;
  ledger_.stop_ignored = true;
  return Outcome::kOver;
}

}  // namespace hupstorm
