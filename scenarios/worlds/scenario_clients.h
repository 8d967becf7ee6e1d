// The clients of a scenario: they send, read and end their connections as their steps say, as soon
// as the server's windows let them.

#ifndef HUPSTORM_SCENARIOS_WORLDS_SCENARIO_CLIENTS_H_
#define HUPSTORM_SCENARIOS_WORLDS_SCENARIO_CLIENTS_H_

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kernel/driven_kernel.h"
#include "kernel/faults/fault_injector.h"
#include "scenarios/oracles/ledger.h"

namespace hupstorm {

// Clients are numbered as in Ledger::clients.
class ScenarioClients final : public FaultWorld {
 public:
  ScenarioClients(DrivenKernel& kernel, Ledger& ledger) : kernel_(kernel), ledger_(ledger) {}

  // For a new run; the server is to listen on `port`.
  void Start(uint16_t port) {
    port_ = port;
    StartRound();
  }
  // Forgets all clients: peers that the kernel has are none of the clients to come.
  void StartRound();

  int count() const { return static_cast<int>(ledger_.client_count); }
  // The newest client of that name, -1 for none.
  int Find(char letter, uint32_t index) const;
  // The client behind a descriptor of the server, -1 for none.
  int ClientOf(int fd) const { return ClientOfPeer(kernel_.PeerOf(fd)); }
  int ClientOfPeer(PeerId peer) const { return peer >= first_peer_ ? peer - first_peer_ : -1; }

  // The receive buffer of the clients of that name that connect from now on, in bytes.
  void SetBuffer(char letter, uint32_t index, int bytes);
  // A new connection, unless the client has one that is not over. Returns the client.
  int Connect(char letter, uint32_t index);
  // A client of the world's own, which is served or is not: it connects, sends a short message or
  // a request, and reads all. Returns it.
  int ConnectProbe();
  // One that sends `bytes` of what its protocol has it send, requests perhaps, and reads nothing.
  int ConnectFlood(uint64_t bytes);
  // accept has given the server `fd`. Returns the client behind it, -1 for none.
  int NoteAccepted(int fd);

  // Each does nothing if the client has no connection, or has ended it.
  void SendPattern(int client, uint64_t count);
  void SendText(int client, std::string_view text);
  // A full request of the target's protocol; an HTTP request is padded to `length` bytes.
  void SendRequest(int client, uint64_t length);
  // The first `count` bytes of one, at most all but the last: never a full request.
  void SendPartOfRequest(int client, uint64_t count);
  void SendUrgent(int client);
  void ShutdownWrite(int client);  // when all it has to send is sent
  void Close(int client);          // the same
  void CloseNow(int client);       // what is not sent yet is given up
  void Reset(int client);
  void Vanish(int client);
  // The client is about to act inside a call of the server, which cannot know of it. -1 for none.
  void NoteInsideCall(int client);
  // The server was told that there is nothing to read: by a fault perhaps.
  void NoteToldNothing(int client) { clients_[client].unseen_from = clients_[client].handed_over; }
  // The server has closed a descriptor of the client's connection. Does nothing if it has others.
  void NoteClosed(int client);
  void Read(int client, uint64_t count);
  void ReadAll(int client);
  void ReadNone(int client);

  // Lets every client act for which a call of the server changed something.
  void PumpChanged();

  // Some client has waited since `ns` or longer to be accepted or read, as far as the server's
  // calls tell: Refresh knows. Asks nothing of the kernel.
  bool AnyWaitsSince(int64_t ns) const;
  // Brings the server's side of each client in the ledger up to date.
  void Refresh();

  // The client has something to send that the kernel has not taken.
  bool HasUnsent(int client) const;
  PeerId PeerOf(int client) const { return first_peer_ + client; }

  // FaultWorld
  int64_t ConnectionOf(int fd) override;
  void ResetPeerOf(int fd, bool fin_first) override;
  void OnAborted(int fd) override;

 private:
  static constexpr uint64_t kEverything = UINT64_MAX;
  struct Client {
    uint64_t handed_over = 0;  // bytes of its stream that the kernel has taken
    uint64_t to_read = 0;
    size_t next_urgent = 0;
    bool fin_wanted = false;
    bool close_wanted = false;
    bool over = false;  // closed, reset or refused: it acts no more
    int64_t last_act_ns = 0;
    int64_t spoke_ns = 0;  // when it did something last that a server hears of
    // What the server had read when the client, idle until then, acted inside one of its calls.
    uint64_t consumed_when_idle = UINT64_MAX;
    uint64_t unseen_from = 0;  // of its stream, by what the server was told last
    // When the server closed its last descriptor; -1 if it has not, or was not seen to.
    int64_t silence_at_close_ns = -1;
    bool closed_idle = false;      // all was answered then, and it had been silent for long
    int64_t wrong_at_ns = -1;      // when it got a byte that is not the one it is owed; -1: none
    std::vector<uint64_t> urgent;  // offsets of urgent bytes in the stream
  };
  struct Name {
    uint64_t round = 0;
    int client = -1;
    int buffer = 0;
  };

  bool IsActive(int client) const { return client >= 0 && !clients_[client].over; }
  bool MaySend(int client) const { return IsActive(client) && !clients_[client].fin_wanted; }
  Name& NameOf(char letter, uint32_t index);
  int AddClient(char letter, uint32_t index, int buffer, bool probe);
  ClientFacts& End(int client);
  void Pump(int client);
  void Send(int client);
  void Receive(int client);
  void NoteEnd(int client);
  void NoteAct(int client);
  void NoteSpeech(int client);
  void Speak(int client);
  void ActUnheard(int client);
  bool IsIdle(int client) const;

  DrivenKernel& kernel_;
  Ledger& ledger_;
  uint16_t port_ = 0;
  PeerId first_peer_ = 0;
  uint64_t round_ = 1;
  std::vector<Client> clients_;
  std::array<std::vector<Name>, 26> names_;
  std::array<char, 16 * 1024> buffer_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_SCENARIO_CLIENTS_H_
