#include "scenarios/worlds/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "base/timespec.h"
#include "scenarios/language/fit.h"
#include "scenarios/language/print.h"
#include "scenarios/oracles/finding_list.h"

namespace hupstorm {
namespace {

// What is expected may come by a timer of the server's: an answer that took some work, or is sent
// with the next. Longer than such timers, shorter than what ends idle connections.
constexpr int64_t kExpectPatienceNs = 2 * kSecondNs;

// Steps that change what will happen and are not seen by a server that sleeps: they do not end a
// batch.
bool TakesNoTime(const Step& step) {
  if (step.at) return true;
  switch (step.action) {
    case Action::kBuffer:
    case Action::kReadNone:
    case Action::kServerBufferSend:
    case Action::kServerBufferReceive:
    case Action::kLimitDescriptors:
    case Action::kLimitMinus:
    case Action::kLimitNone:
    case Action::kFault:
    case Action::kFaultNone:
      return true;
    default:
      return IsExpect(step.action);
  }
}

// Whether what `step` expects of a client holds.
bool Holds(const Step& step, const ClientFacts& client) {
  const bool has_ended = client.end_of_input || client.was_reset;
  switch (step.action) {
    case Action::kExpectReceived:
      return client.stream.received() == step.amount;
    case Action::kExpectReceivedAtLeast:
      return client.stream.received() >= step.amount;
    case Action::kExpectReceivedText:
      return client.stream.first_received().starts_with(std::string_view(step.text).substr(0, 256));
    case Action::kExpectEof:
      return client.end_of_input && !client.was_reset;
    case Action::kExpectReset:
      return client.was_reset;
    case Action::kExpectOpen:
      return client.connected && !has_ended;
    case Action::kExpectConnected:
      return client.connected;
    case Action::kExpectRefused:
      return client.refused;
    default:
      return true;
  }
}

}  // namespace

void Script::Start(const Scenario& scenario) {
  scenario_ = &scenario;
  StartRound();
  next_of_each_ = 0;
  wait_until_ns_ = expected_since_ns_ = -1;
  restart_asked_ns_ = -1;
  server_killed_ = skipped_steps_ = false;
}

bool Script::Continue(int64_t deadline_ns) {
  if (wait_until_ns_ < 0) return CarryOutBatch(deadline_ns);
  const int64_t event = clock_.NextEventNs(deadline_ns);
  int64_t next = wait_until_ns_;
  const int64_t in_all = wait_until_ns_ - waits_since_ns_;
  const bool spins = ledger_.spinning;
  if (event < wait_until_ns_ && moves_given_.Has(event, waits_since_ns_, in_all, spins)) {
    next = std::min(moves_given_.Take(event, waits_since_ns_, in_all, spins), wait_until_ns_);
  }
  if (next == wait_until_ns_) wait_until_ns_ = -1;
  clock_.AdvanceTo(next);
  return true;
}

bool Script::ExpectsNext() const {
  if (wait_until_ns_ >= 0) return false;
  const std::vector<Step>& steps = scenario_->steps;
  size_t next = next_step_;
  while (next < steps.size() && !IsExpect(steps[next].action) && TakesNoTime(steps[next])) ++next;
  return next >= steps.size() || IsExpect(steps[next].action);
}

// Carries out the next step and those that come together with it, and the steps before it that
// take no time. False at the script's end.
bool Script::CarryOutBatch(int64_t deadline_ns) {
  const std::vector<Step>& steps = scenario_->steps;
  bool time_taken = false;
  while (next_step_ < steps.size()) {
    const Step& step = steps[next_step_];
    if (time_taken && !step.together) break;
    ledger_.current_step = static_cast<int>(next_step_) + 1;
    if (step.at) {
      placed_.Add(static_cast<int>(next_step_), *step.at);
    } else if (IsExpect(step.action)) {
      if (IsExpected(step)) {
        std::string unexpected = WhyNot(step);
        // A handshake takes room in the backlog and no work of the server's: TCP tries again after
        // a second if there was none.
        const bool may_be_late = !time_taken && step.action != Action::kExpectConnected;
        if (!unexpected.empty() && may_be_late && GivesTime(step, deadline_ns, unexpected))
          return true;
        NoteExpected(step, std::move(unexpected));
      }
      expected_since_ns_ = -1;
    } else if (step.each && IsClientAction(step.action)) {
      CarryOutForEach(step);
      if (next_of_each_ > 0) return true;  // more members to come, each on its own
      time_taken = true;
    } else {
      CarryOut(step, false);
      time_taken = time_taken || !TakesNoTime(step);
    }
    ++next_step_;
  }
  return time_taken;
}

void Script::CarryOutPlaced(int step) {
  const int outer = ledger_.current_step;
  ledger_.current_step = step + 1;
  const Step& placed = scenario_->steps[step];
  if (IsExpect(placed.action)) {
    NoteExpected(placed, WhyNot(placed));
  } else {
    CarryOut(placed, true);
  }
  ledger_.current_step = outer;
}

void Script::CarryOut(const Step& step, bool placed) {
  if (time_line_.records()) {
    time_line_.Note(placed ? TimeLineEntry::Kind::kPlacedStep : TimeLineEntry::Kind::kStep,
                    PrintStep(step), step.line);
  }
  if (step.action == Action::kWait && placed) {
    clock_.AdvanceTo(kernel_.now_ns() + static_cast<int64_t>(step.amount));
  } else if (IsClientAction(step.action)) {
    for (uint32_t i = step.clients.first; i <= step.clients.last; ++i) {
      if (placed) clients_.NoteInsideCall(clients_.Find(step.clients.letter, i));
      CarryOutForClient(step, i);
    }
  } else {
    CarryOutForServer(step);
  }
}

void Script::CarryOutForEach(const Step& step) {
  const uint32_t index = step.clients.first + next_of_each_;
  if (time_line_.records()) {
    Step one = step;
    one.each = one.together = false;
    one.clients.first = one.clients.last = index;
    time_line_.Note(TimeLineEntry::Kind::kStep, PrintStep(one), step.line);
  }
  CarryOutForClient(step, index);
  next_of_each_ = index < step.clients.last ? next_of_each_ + 1 : 0;
}

void Script::CarryOutForClient(const Step& step, uint32_t index) {
  const char letter = step.clients.letter;
  if (step.action == Action::kBuffer) {
    clients_.SetBuffer(letter, index, static_cast<int>(std::max<uint64_t>(step.amount, 1)));
    return;
  }
  const int client = step.action == Action::kConnect ? clients_.Connect(letter, index)
                                                     : clients_.Find(letter, index);
  if (client < 0) {  // it has never connected: there is nothing to act on
    skipped_steps_ = true;
    return;
  }
  ledger_.clients[client].last_step = ledger_.current_step;
  switch (step.action) {
    case Action::kSend:
      return clients_.SendPattern(client, step.amount);
    case Action::kSendText:
      return clients_.SendText(client, step.text);
    case Action::kSendUrgent:
      return clients_.SendUrgent(client);
    case Action::kRequest:
      return clients_.SendRequest(client, step.amount);
    case Action::kRequestFirst:
      return clients_.SendPartOfRequest(client, step.amount);
    case Action::kShutdownWrite:
      return clients_.ShutdownWrite(client);
    case Action::kClose:
      return clients_.Close(client);
    case Action::kReset:
      return clients_.Reset(client);
    case Action::kVanish:
      return clients_.Vanish(client);
    case Action::kRead:
      return clients_.Read(client, step.amount);
    case Action::kReadAll:
      return clients_.ReadAll(client);
    case Action::kReadNone:
      return clients_.ReadNone(client);
    default:
      break;
  }
}

void Script::CarryOutForServer(const Step& step) {
  switch (step.action) {
    case Action::kServerStop:
      return AskToStop();
    case Action::kServerRestart:
      if (!ledger_.asked_to_stop) restart_asked_ns_ = clock_.moved_ns();
      return AskToStop();
    case Action::kServerInterrupt:
      return kernel_.InterruptBlockedCall();
    case Action::kServerBufferSend:
      return kernel_.set_server_send_buffer(static_cast<int>(std::max<uint64_t>(step.amount, 1)));
    case Action::kServerBufferReceive:
      return kernel_.set_server_receive_buffer(
          static_cast<int>(std::max<uint64_t>(step.amount, 1)));
    case Action::kLimitDescriptors:
      // Not below what is open: Linux' poll would then refuse (EINVAL) any set that the server has.
      kernel_.set_descriptor_limit(
          std::max(ledger_.descriptors_at_start + static_cast<int>(step.amount),
                   kernel_.open_descriptor_count()));
      // If not each call of the server is seen, not each that fails for it is either.
      if (ledger_.target->third_party) ledger_.resource_shortage = true;
      break;
    case Action::kLimitMinus:
      kernel_.set_descriptor_limit(
          std::max(kernel_.open_descriptor_count() - static_cast<int>(step.amount), 0));
      if (ledger_.target->third_party) ledger_.resource_shortage = true;
      break;
    case Action::kLimitNone:
      return kernel_.set_descriptor_limit(DrivenKernel::kNoDescriptorLimit);
    case Action::kWait:
      waits_since_ns_ = kernel_.now_ns();
      wait_until_ns_ = waits_since_ns_ + static_cast<int64_t>(step.amount);
      moves_given_.Start();
      break;
    case Action::kFault: {
      FaultRule rule = step.fault;
      if (step.fault_client) {
        rule.connection =
            static_cast<int64_t>(step.fault_client->letter) << 32 | step.fault_client->first;
      }
      return injector_.Add(rule);
    }
    case Action::kFaultNone:
      return injector_.Clear();
    default:
      break;
  }
}

void Script::AskToStop() {
  ledger_.asked_to_stop = true;
  if (kernel_.RaiseSignal(SIGTERM) != DrivenKernel::Disposition::kDefault) return;
  // The signal ends the process, as asked. Noted here; the run ends when the server sleeps next.
  next_step_ = scenario_->steps.size();
  restart_asked_ns_ = -1;
  server_killed_ = true;
}

bool Script::GivesTimeToStop(int64_t deadline_ns) {
  const int64_t event = clock_.NextEventNs(deadline_ns);
  if (event < 0 || event > clock_.StartOf(restart_asked_ns_) + kStopPatienceNs) {
    return kernel_.AwaitsStop();
  }
  clock_.AdvanceTo(event);
  return true;
}

void Script::NoteRestarted() {
  restart_asked_ns_ = -1;
  ledger_.asked_to_stop = false;
  ledger_.connected_now = 0;
  for (ClientFacts& client : ledger_.InUse()) client.turned_away = true;
  time_line_.Note(TimeLineEntry::Kind::kEpilogue, "the server is started again");
}

// The server is not yet where it is expected to be, and a timer may take it there: lets the next
// one run.
bool Script::GivesTime(const Step& step, int64_t deadline_ns, const std::string& unexpected) {
  if (step.action == Action::kExpectServerStopped && ledger_.asked_to_stop &&
      kernel_.AwaitsStop()) {
    return true;
  }
  const bool is_new = expected_since_ns_ < 0;
  if (is_new) expected_since_ns_ = kernel_.now_ns();
  const uint64_t progress = ledger_.Progress();
  const bool gets_on = unexpected != unexpected_ || progress != progress_;
  if (is_new || gets_on) {
    clock_.Renew();
    if (clock_.IsWornOut()) return true;
    progress_ = progress;
    unexpected_ = unexpected;
    moved_before_ns_ = clock_.moved_ns();
    moves_given_.Start();
  }
  const int64_t since = clock_.StartOf(moved_before_ns_);
  const int64_t event = clock_.NextEventNs(deadline_ns);
  if (!moves_given_.Has(event, since, kExpectPatienceNs, ledger_.spinning)) return false;
  clock_.AdvanceTo(moves_given_.Take(event, since, kExpectPatienceNs, ledger_.spinning));
  return true;
}

void Script::NoteExpected(const Step& step, std::string unexpected) {
  time_line_.Note(TimeLineEntry::Kind::kStep, time_line_.records() ? PrintStep(step) : "",
                  step.line);
  if (unexpected.empty()) return;
  const std::string expected = PrintStep(step);
  const int64_t given = expected_since_ns_ < 0 ? 0 : kernel_.now_ns() - expected_since_ns_;
  unexpected += LaterText(given);
  judge_.Report(
      ledger_.broken_expectations,
      {.what = fmt::format("{}: {}", expected, unexpected),
       .context = StableHash(expected),
       .call = ledger_.calls.LastOn(clients_.Find(step.clients.letter, step.clients.first))});
}

bool Script::IsExpected(const Step& step) const {
  if (!IsExpectedOf(*ledger_.target, *scenario_, step)) return false;
  // A third-party server need not make the calls that an earlier step waits for, or may make them
  // late: the scenario has not gone as its author meant it to.
  return !ledger_.target->third_party || (placed_.empty() && !skipped_steps_);
}

// What holds instead of what `step` expects; empty if it holds.
std::string Script::WhyNot(const Step& step) const {
  if (step.action == Action::kExpectServerStopped) return ledger_.stopped ? "" : "the server runs";
  if (step.action == Action::kExpectServerRunning) {
    return ledger_.stopped ? "the server has stopped" : "";
  }
  for (uint32_t i = step.clients.first; i <= step.clients.last; ++i) {
    const int client = clients_.Find(step.clients.letter, i);
    if (client < 0) return ClientsText({step.clients.letter, i, i}) + " never connected";
    std::string unexpected = Unexpected(step, client);
    if (!unexpected.empty()) return unexpected;
  }
  return "";
}

// What holds instead of what `step` expects of the client with that index; empty if it holds.
std::string Script::Unexpected(const Step& step, int index) const {
  const ClientFacts& client = ledger_.clients[index];
  // A third-party server need not answer what it cannot read, nor end the connection for it; and
  // what it does with a client for which it has no room is its own affair.
  const bool optional = scenario_->protocol && client.stream.answer_is_optional();
  if (ledger_.target->third_party && (optional || client.turned_away || client.closed_idle)) {
    return "";
  }
  const DrivenKernel::PeerStatus status = kernel_.Status(clients_.PeerOf(index));
  const int64_t late_ns =
      step.action == Action::kExpectConnected ? status.connected_at_ns - kernel_.now_ns() : 0;
  if (Holds(step, client) && late_ns <= 0) return "";
  // The end stands behind what the client was not told to read.
  if (step.action == Action::kExpectEof && status.end_is_unread) return "";
  const std::string name = ledger_.ClientName(client);
  const bool looks_at_bytes = step.action == Action::kExpectReceivedText;
  if (looks_at_bytes || step.action == Action::kExpectReceived ||
      step.action == Action::kExpectReceivedAtLeast) {
    return fmt::format("{} has received {} bytes{}", name, client.stream.received(),
                       looks_at_bytes ? " that begin otherwise" : "");
  }
  if (client.connected && late_ns > 0) {
    return fmt::format("{} is connected {} ms later, as the backlog had no room for its SYN", name,
                       late_ns / kMillisecondNs);
  }
  const std::string_view state = client.refused        ? "was refused"
                                 : client.was_reset    ? "was reset"
                                 : client.end_of_input ? "has got end of input"
                                 : client.connected    ? "is connected"
                                                       : "waits to be connected";
  return fmt::format("{} {}", name, state);
}

// The server has stopped, so nothing will be at rest again: what is still expected holds now or
// never.
void Script::ExpectAfterStop() {
  for (; next_step_ < scenario_->steps.size(); ++next_step_) {
    ledger_.current_step = static_cast<int>(next_step_) + 1;
    const Step& step = scenario_->steps[next_step_];
    if (IsExpect(step.action) && !step.at && IsExpected(step)) NoteExpected(step, WhyNot(step));
  }
}

}  // namespace hupstorm
