#include "scenarios/oracles/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/timespec.h"

namespace hupstorm {

void CallHistory::Add(CallFamily family, int64_t result, int error) {
  // 4 bits for the call, 4 for how it ended: moved something, gave zero, would block, failed.
  const int outcome = result > 0 ? 1 : result == 0 ? 2 : error == EAGAIN ? 3 : 4;
  const uint64_t entry = static_cast<uint64_t>(family) << 4 | static_cast<uint64_t>(outcome);
  if ((value_ & 0xff) == entry) return;
  value_ = (value_ << 8 | entry) & 0xffffffff;
}

int KindOfError(int error) {
  switch (error) {
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return EMFILE;
    case EPIPE:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return ECONNRESET;
    default:
      return error;
  }
}

void Ledger::Clear() {
  client_count = 0;
  current_step = connected_now = most_connected = most_served = 0;
  descriptors_at_start = descriptors_now = 0;
  last_accept_error = 0;
  descriptors_left.clear();
  highest_descriptor = -1;
  descriptor_growth = {};
  endless_queue = 0;
  blocks.clear();
  spinning = false;
  waited_ns = 0;
  dead = asked_to_stop = stop_ignored = stopped = resource_shortage = false;
  deaths.clear();
  spins.clear();
  misuses.clear();
  deadlocks.clear();
  foreign_log_lines.clear();
  broken_expectations.clear();
  floods.clear();
  heap_marks.clear();
  kept_blocks = 0;
}

ClientFacts& Ledger::AddClient() {
  if (client_count == clients.size()) clients.emplace_back();
  ClientFacts& client = clients[client_count++];
  static_cast<ConnectionFacts&>(client) = {.number = static_cast<int>(client_count) - 1};
  return client;
}

bool Ledger::IsHeldUp(const ClientFacts& client) const {
  const bool is_over = client.IsExcused() || client.end_of_input || client.was_reset;
  if (blocks.empty() || is_over || client.in_handshake || (client.accepted && client.unread == 0))
    return false;
  // One of several threads may be busy with it: it does not take what it is sent.
  if (blocks.size() > 1 && client.unsent > 0) return false;
  return std::none_of(blocks.begin(), blocks.end(), [&](const Block& block) {
    return block.client >= 0 && &clients[static_cast<size_t>(block.client)] == &client;
  });
}

uint64_t Ledger::CallThatForgets(const ConnectionFacts& connection) const {
  if (const uint64_t told = calls.FirstWordOfEnd(connection.number)) return told;
  for (const Incident& spin : spins) {
    if (spin.client == connection.number) return spin.call;
  }
  return calls.LastOn(connection.number);
}

uint64_t Ledger::CallThatForgetsAny() const {
  for (const ClientFacts& client : InUse()) {
    if (client.server_open) return CallThatForgets(client);
  }
  return 0;
}

std::string LaterText(int64_t waited_ns) {
  const int64_t ms = waited_ns / kMillisecondNs;
  if (ms == 0) return "";
  return ms >= 1000 ? fmt::format(", also {} s later", (ms + 500) / 1000)
                    : fmt::format(", also {} ms later", ms);
}

uint64_t Ledger::Progress() const {
  uint64_t progress = 0;
  for (const ClientFacts& client : InUse()) {
    const auto& mismatch = client.stream.mismatch();
    progress += mismatch ? mismatch->at : client.stream.received();
    progress += client.consumed + (client.server_open ? 0 : 1);
  }
  return progress;
}

std::string Ledger::ClientName(const ClientFacts& client) const {
  if (client.probe) return "a new client";
  return ClientsText({.letter = client.letter, .first = client.index, .last = client.index});
}

const ClientFacts* Ledger::OwnerOfMismatch(const ClientFacts& client) const {
  constexpr size_t kTelling = 8;  // bytes that name a client and a place in its stream
  const ClientStream::Mismatch& mismatch = *client.stream.mismatch();
  const auto bytes = std::string_view(mismatch.bytes).substr(0, kTelling);
  if (client.stream.BeginsAnswer(bytes)) return nullptr;
  if (client.stream.Find(bytes, mismatch.expected)) return nullptr;
  for (const ClientFacts& other : InUse()) {
    if (&other != &client && other.stream.Find(bytes, 0)) return &other;
  }
  return nullptr;
}

}  // namespace hupstorm
