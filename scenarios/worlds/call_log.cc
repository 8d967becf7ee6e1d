#include "scenarios/worlds/call_log.h"

#include <sys/epoll.h>

namespace hupstorm {
namespace {

bool IsInputOver(TcpState state) {
  return state != TcpState::kEstablished && state != TcpState::kFinWait1 &&
         state != TcpState::kFinWait2;
}

}  // namespace

void CallLogger::Start(CallLog* log) {
  log_ = log;
  active_ = slept_ = open_ = false;
  if (log_ != nullptr) log_->calls.clear();
}

bool CallLogger::Enter(SystemCall& call) {
  if (!active_ || ServerLog::IsLogLine(call)) return true;
  LoggedCall& logged = log_->calls.emplace_back();
  logged.call = call.call;
  logged.length = BytesAsked(call);
  logged.step = ledger_.current_step;
  for (int i = 0; i < kFaultOutcomeCount; ++i) {
    if (injector_.CouldHarm(static_cast<FaultOutcome>(i), call)) logged.faults |= 1u << i;
  }
  const int fd = call.Fd();
  const int on = fd >= 0 ? clients_.ClientOf(fd) : -1;
  logged.on_connection = on >= 0;
  LookAtClient(on < 0 && call.call == Call::kEpollCtl ? clients_.ClientOf(call.Int(2)) : on,
               logged);
  for (size_t i = 0; i < log_->watched.size(); ++i) {
    const int client = clients_.Find(log_->watched[i].letter, log_->watched[i].first);
    if (client < 0 || !ledger_.clients[client].connected || !MayReset(client)) continue;
    logged.watched_may_reset |= uint64_t{1} << i;
    if (!ledger_.clients[client].finished_sending) logged.watched_may_shut |= uint64_t{1} << i;
  }
  open_ = true;
  slept_ = false;
  return true;
}

// The script may have ended within the call.
void CallLogger::Leave(SystemCall& call) {
  if (!open_) return;
  open_ = false;
  LoggedCall& logged = log_->calls.back();
  logged.result = ResultInBytes(call);
  logged.error = call.error;
  logged.slept = slept_;
  if (FamilyOf(call.call) == CallFamily::kAccept && call.result >= 0) {
    LookAtClient(clients_.ClientOf(static_cast<int>(call.result)), logged);
  }
}

// A client whose name another connection bears by now cannot be acted on by that name.
void CallLogger::LookAtClient(int client, LoggedCall& logged) {
  if (client < 0) return;
  const ClientFacts& facts = ledger_.clients[client];
  if (facts.probe) return;
  logged.has_client = true;
  logged.client = {.letter = facts.letter, .first = facts.index, .last = facts.index};
  logged.history = static_cast<uint32_t>(facts.history.value());
  logged.may_reset = MayReset(client) && clients_.Find(facts.letter, facts.index) == client;
  logged.may_shut = logged.may_reset && !facts.finished_sending;
  const DrivenKernel::ConnectionStatus server = kernel_.ServerSide(clients_.PeerOf(client));
  logged.output_queued = server.unsent > 0;
  logged.input_ended = server.pending_error != 0 || IsInputOver(server.state);
}

bool CallLogger::MayReset(int client) const {
  const ClientFacts& facts = ledger_.clients[client];
  return !facts.closed && !facts.reset && !facts.vanished && !facts.refused && !facts.aborted &&
         !facts.was_reset;
}

}  // namespace hupstorm
