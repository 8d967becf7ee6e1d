#include "scenarios/worlds/scenario_clients.h"

#include <algorithm>
#include <span>
#include <string>

namespace hupstorm {
namespace {

// A full HTTP/1.0 request of `length` bytes, or of the least possible length if that is more. A
// header pads it.
std::string HttpRequest(uint64_t length) {
  constexpr std::string_view kPadding = "X-Padding: ";
  constexpr std::string_view kEnd = "\r\n";
  std::string request;
  request.reserve(length);
  request += "GET / HTTP/1.0\r\n";
  const uint64_t bare = request.size() + kEnd.size();
  if (length > bare) {
    const uint64_t frame = kPadding.size() + kEnd.size();
    request += kPadding;
    request.append(length > bare + frame ? length - bare - frame : 1, 'x');
    request += kEnd;
  }
  return request += kEnd;
}

}  // namespace

void ScenarioClients::StartRound() {
  ++round_;
  first_peer_ = kernel_.peer_count();
  ledger_.client_count = 0;
}

ScenarioClients::Name& ScenarioClients::NameOf(char letter, uint32_t index) {
  std::vector<Name>& names = names_[static_cast<size_t>(letter - 'a')];
  if (index >= names.size()) names.resize(index + 1);
  Name& name = names[index];
  if (name.round != round_) name = {.round = round_};
  return name;
}

int ScenarioClients::Find(char letter, uint32_t index) const {
  const std::vector<Name>& names = names_[static_cast<size_t>(letter - 'a')];
  if (index >= names.size() || names[index].round != round_) return -1;
  return names[index].client;
}

void ScenarioClients::NoteAct(int client) {
  ClientFacts& facts = ledger_.clients[client];
  Client& state = clients_[client];
  const int64_t now = kernel_.now_ns();
  if (facts.connected && !facts.was_reset) {
    facts.longest_silence_ns = std::max(facts.longest_silence_ns, now - state.last_act_ns);
  }
  state.last_act_ns = now;
}

void ScenarioClients::NoteSpeech(int client) {
  NoteAct(client);
  clients_[client].spoke_ns = kernel_.now_ns();
}

void ScenarioClients::Speak(int client) {
  NoteSpeech(client);
  Pump(client);
}

void ScenarioClients::ActUnheard(int client) {
  NoteAct(client);
  Pump(client);
}

void ScenarioClients::SetBuffer(char letter, uint32_t index, int bytes) {
  NameOf(letter, index).buffer = bytes;
}

int ScenarioClients::Connect(char letter, uint32_t index) {
  Name& name = NameOf(letter, index);
  if (IsActive(name.client)) {
    const ClientFacts& facts = ledger_.clients[name.client];
    if (!facts.end_of_input && !facts.was_reset) return name.client;
    CloseNow(name.client);
  }
  name.client = AddClient(letter, index, name.buffer, /*probe=*/false);
  Pump(name.client);
  return name.client;
}

int ScenarioClients::ConnectProbe() {
  constexpr uint64_t kBytes = 16;
  const int client =
      AddClient('z', kMaxClientIndex, NameOf('z', kMaxClientIndex).buffer, /*probe=*/true);
  Pump(client);
  const Protocol protocol = ledger_.target->protocol;
  if (protocol == Protocol::kHttp || protocol == Protocol::kExpect) {
    SendRequest(client, 0);
  } else {
    SendPattern(client, kBytes);
  }
  ReadAll(client);
  return client;
}

int ScenarioClients::ConnectFlood(uint64_t bytes) {
  const int client = AddClient('z', kMaxClientIndex, /*buffer=*/0, /*probe=*/true);
  Pump(client);
  SendPattern(client, bytes);
  return client;
}

int ScenarioClients::AddClient(char letter, uint32_t index, int buffer, bool probe) {
  DrivenKernel::PeerOptions options;
  if (buffer > 0) options.receive_buffer = buffer;
  ClientFacts& facts = ledger_.AddClient();
  const int client = static_cast<int>(ledger_.client_count) - 1;
  if (static_cast<size_t>(client) == clients_.size()) clients_.emplace_back();
  Client& state = clients_[client];
  state = Client{.urgent = std::move(state.urgent)};  // keeps its memory
  state.urgent.clear();
  facts.letter = letter;
  facts.index = index;
  facts.probe = probe;
  facts.stream.Reset(*ledger_.target, letter, index);
  facts.port = kernel_.PeerPort(kernel_.PeerConnect(port_, options));
  state.last_act_ns = state.spoke_ns = kernel_.now_ns();
  return client;
}

void ScenarioClients::SendPattern(int client, uint64_t count) {
  if (!MaySend(client)) return;
  ledger_.clients[client].stream.AppendPattern(count);
  NoteSpeech(client);
  // What has come for it since it acted last was fetched then.
  if (ledger_.clients[client].connected && !kernel_.HasChangedPeers()) {
    Send(client);
  } else {
    Pump(client);
  }
}

void ScenarioClients::SendText(int client, std::string_view text) {
  if (!MaySend(client)) return;
  ledger_.clients[client].stream.AppendText(text);
  Speak(client);
}

void ScenarioClients::SendRequest(int client, uint64_t length) {
  if (ledger_.target->protocol != Protocol::kExpect) return SendText(client, HttpRequest(length));
  if (!MaySend(client)) return;
  ledger_.clients[client].stream.AppendRequest();
  Speak(client);
}

void ScenarioClients::SendPartOfRequest(int client, uint64_t count) {
  if (ledger_.target->protocol != Protocol::kExpect) {
    const std::string request = HttpRequest(0);
    return SendText(
        client, std::string_view(request).substr(0, std::min<uint64_t>(count, request.size() - 1)));
  }
  if (!MaySend(client)) return;
  ledger_.clients[client].stream.AppendPartOfRequest(count);
  Speak(client);
}

void ScenarioClients::SendUrgent(int client) {
  if (!MaySend(client)) return;
  ClientStream& stream = ledger_.clients[client].stream;
  clients_[client].urgent.push_back(stream.sent());
  stream.AppendUrgent();
  Speak(client);
}

void ScenarioClients::ShutdownWrite(int client) {
  if (!MaySend(client)) return;
  clients_[client].fin_wanted = true;
  ledger_.clients[client].stream.FinishSending();
  Speak(client);
}

void ScenarioClients::Close(int client) {
  if (!IsActive(client)) return;
  clients_[client].fin_wanted = clients_[client].close_wanted = true;
  Speak(client);
}

void ScenarioClients::CloseNow(int client) {
  if (!IsActive(client)) return;
  End(client).closed = true;
  kernel_.PeerClose(PeerOf(client));
}

void ScenarioClients::Reset(int client) {
  if (!IsActive(client)) return;
  End(client).reset = true;
  kernel_.PeerReset(PeerOf(client));
}

ClientFacts& ScenarioClients::End(int client) {
  clients_[client].over = true;
  ClientFacts& facts = ledger_.clients[client];
  facts.finished_sending = true;
  facts.reading = false;
  return facts;
}

int ScenarioClients::NoteAccepted(int fd) {
  ledger_.most_connected = std::max(ledger_.most_connected, ++ledger_.connected_now);
  const int client = ClientOf(fd);
  if (client < 0) return -1;
  ledger_.clients[client].accepted = true;
  ledger_.clients[client].rank = ledger_.connected_now;
  // A SYN that was sent again may have another port.
  ledger_.clients[client].port = kernel_.PeerPort(PeerOf(client));
  return client;
}

int64_t ScenarioClients::ConnectionOf(int fd) {
  const int client = ClientOf(fd);
  if (client < 0) return kNoConnection;
  const ClientFacts& facts = ledger_.clients[client];
  return static_cast<int64_t>(facts.letter) << 32 | facts.index;
}

void ScenarioClients::OnAborted(int fd) {
  const int client = ClientOf(fd);
  if (client >= 0) ledger_.clients[client].aborted = true;
}

void ScenarioClients::ResetPeerOf(int fd, bool fin_first) {
  const int client = ClientOf(fd);
  if (!IsActive(client)) return;
  if (fin_first) kernel_.PeerShutdownWrite(PeerOf(client));
  Reset(client);
}

void ScenarioClients::Vanish(int client) {
  if (!IsActive(client)) return;
  ledger_.clients[client].vanished = true;
  clients_[client].over = true;
  kernel_.PeerVanish(PeerOf(client));
}

void ScenarioClients::Read(int client, uint64_t count) {
  if (!IsActive(client)) return;
  Client& state = clients_[client];
  if (state.to_read != kEverything) state.to_read += count;
  ActUnheard(client);
}

void ScenarioClients::ReadAll(int client) {
  if (!IsActive(client)) return;
  clients_[client].to_read = kEverything;
  ledger_.clients[client].reading = true;
  ActUnheard(client);
}

void ScenarioClients::ReadNone(int client) {
  if (!IsActive(client)) return;
  clients_[client].to_read = 0;
  ledger_.clients[client].reading = false;
}

void ScenarioClients::PumpChanged() {
  // A client that acts may change another's state only through the server, so one pass is enough.
  for (const PeerId peer : kernel_.TakeChangedPeers()) {
    const int client = peer - first_peer_;
    if (client >= 0 && client < count()) Pump(client);
  }
}

void ScenarioClients::Pump(int client) {
  Client& state = clients_[client];
  if (state.over) return;
  Receive(client);
  NoteEnd(client);
  if (state.over || !ledger_.clients[client].connected) return;
  Send(client);
  if (!state.fin_wanted || HasUnsent(client)) return;
  if (state.close_wanted) {
    CloseNow(client);
  } else if (!ledger_.clients[client].finished_sending) {
    ledger_.clients[client].finished_sending = true;
    kernel_.PeerShutdownWrite(PeerOf(client));
  }
}

bool ScenarioClients::HasUnsent(int client) const {
  return clients_[client].handed_over < ledger_.clients[client].stream.sent();
}

void ScenarioClients::Send(int client) {
  Client& state = clients_[client];
  const PeerId peer = PeerOf(client);
  const ClientStream& stream = ledger_.clients[client].stream;
  while (state.handed_over < stream.sent()) {
    uint64_t end = stream.sent();
    if (state.next_urgent < state.urgent.size()) {
      if (state.urgent[state.next_urgent] == state.handed_over) {
        if (!kernel_.PeerSendUrgent(peer, std::byte{ClientStream::kUrgentByte})) return;
        ++state.handed_over;
        ++state.next_urgent;
        continue;
      }
      end = state.urgent[state.next_urgent];
    }
    const size_t count =
        std::min<uint64_t>({end - state.handed_over, buffer_.size(), kernel_.PeerSendSpace(peer)});
    if (count == 0) return;
    const std::string_view bytes = stream.View(state.handed_over, count, buffer_.data());
    const size_t taken = kernel_.PeerSend(peer, std::as_bytes(std::span(bytes)));
    state.handed_over += taken;
    if (taken < count) return;
  }
}

void ScenarioClients::Receive(int client) {
  Client& state = clients_[client];
  const PeerId peer = PeerOf(client);
  ClientStream& stream = ledger_.clients[client].stream;
  while (state.to_read > 0) {
    const std::span<const std::byte> bytes = kernel_.PeerPeek(peer);
    const size_t count = std::min<uint64_t>(bytes.size(), state.to_read);
    if (count == 0) return;
    const bool was_right = !stream.mismatch();
    stream.Receive({reinterpret_cast<const char*>(bytes.data()), count});
    // One that ends an idle connection may say so first, in words that nobody expects.
    if (was_right && stream.mismatch()) state.wrong_at_ns = kernel_.now_ns();
    if (state.to_read != kEverything) state.to_read -= count;
    kernel_.PeerConsume(peer, count, state.to_read);
  }
}

bool ScenarioClients::AnyWaitsSince(int64_t ns) const {
  for (int client = 0; client < count(); ++client) {
    const ClientFacts& facts = ledger_.clients[client];
    if (clients_[client].over || facts.held_up || clients_[client].last_act_ns > ns) continue;
    if (facts.IsExcused() || facts.end_of_input || facts.was_reset) continue;
    if (!facts.accepted || facts.consumed < clients_[client].handed_over) return true;
  }
  return false;
}

void ScenarioClients::Refresh() {
  for (int client = 0; client < count(); ++client) {
    ClientFacts& facts = ledger_.clients[client];
    if (!clients_[client].over) NoteEnd(client);
    const DrivenKernel::ConnectionStatus server = kernel_.ServerSide(PeerOf(client));
    facts.accepted = facts.accepted || server.accepted;
    facts.fd = server.fd;
    facts.server_open = server.fd >= 0 || server.held;
    facts.in_handshake = server.state == TcpState::kSynRecv;
    facts.close_wait = server.state == TcpState::kCloseWait;
    facts.unread = server.unread;
    facts.unsent = server.unsent;
  }
}

}  // namespace hupstorm
