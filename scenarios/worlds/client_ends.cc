// How the connections of a scenario's clients end, and whether their servers may end them so.

#include <algorithm>

#include "scenarios/worlds/scenario_clients.h"

namespace hupstorm {

void ScenarioClients::NoteInsideCall(int client) {
  if (client >= 0 && IsIdle(client)) {
    clients_[client].consumed_when_idle = ledger_.clients[client].consumed;
  }
}

void ScenarioClients::NoteClosed(int client) {
  if (!ledger_.target->third_party) return;
  const DrivenKernel::ConnectionStatus server = kernel_.ServerSide(PeerOf(client));
  if (server.fd >= 0 || server.held) return;
  const ClientFacts& facts = ledger_.clients[client];
  Client& state = clients_[client];
  state.silence_at_close_ns = kernel_.now_ns() - state.spoke_ns;
  // It may not have read its answers yet. Urgent bytes are no part of what recv gives.
  const uint64_t seen = std::max(facts.consumed + state.next_urgent, state.unseen_from);
  const bool all_answered =
      facts.stream.complete() || (facts.answered >= std::min(facts.consumed, facts.stream.owed()) &&
                                  seen >= state.handed_over);
  state.closed_idle =
      all_answered && !facts.finished_sending && state.silence_at_close_ns >= kLongSilenceNs;
}

// Many servers have idle timeouts.
bool ScenarioClients::IsIdle(int client) const {
  const ClientFacts& facts = ledger_.clients[client];
  return ledger_.target->third_party && !facts.finished_sending && facts.stream.complete() &&
         kernel_.now_ns() - clients_[client].spoke_ns >= kLongSilenceNs;
}

void ScenarioClients::NoteEnd(int client) {
  ClientFacts& facts = ledger_.clients[client];
  const DrivenKernel::PeerStatus status = kernel_.Status(PeerOf(client));
  if (status.connected && !facts.connected) {
    facts.connected = true;
    facts.port = kernel_.PeerPort(PeerOf(client));  // which may be another than at the first SYN
  }
  if (status.refused) {
    facts.refused = true;
    clients_[client].over = true;
  }
  const bool over = facts.end_of_input || facts.was_reset;
  if (status.end_of_input && !facts.end_of_input) {
    facts.end_of_input = true;
    facts.stream.EndOfInput();
  }
  // With all answered the reset after the server's FIN is an end of its own.
  const bool ends_again = over && status.was_reset && !facts.was_reset && facts.stream.complete();
  if (ends_again) facts.idle_before_end_ns = kernel_.now_ns() - clients_[client].spoke_ns;
  if (status.was_reset) facts.was_reset = true;
  if (!over && (facts.end_of_input || facts.was_reset)) {
    const Client& state = clients_[client];
    const bool is_known = state.silence_at_close_ns >= 0;
    facts.idle_before_end_ns =
        is_known ? state.silence_at_close_ns : kernel_.now_ns() - state.spoke_ns;
    // A third-party server may do it unseen: the process that has the connection ends.
    const bool may_be_unseen = ledger_.target->third_party && ledger_.resource_shortage;
    if (may_be_unseen && facts.consumed == 0) facts.turned_away = true;
    // What an idle client sends after the server has ended its connection, or as it does, is not
    // the server's to answer.
    const bool closed_idle = is_known ? state.closed_idle : IsIdle(client);
    const bool was_wrong =
        state.wrong_at_ns >= 0 && state.wrong_at_ns - state.spoke_ns < kLongSilenceNs;
    facts.closed_idle = (closed_idle || state.consumed_when_idle == facts.consumed) && !was_wrong;
  }
}

}  // namespace hupstorm
