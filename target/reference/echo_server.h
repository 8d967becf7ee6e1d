// An echo server on one thread and one event loop: what a client sends comes back, in order.
//
//   EchoServer            the loop, and which client is served when
//    |- Multiplexer       what is ready: select, poll or epoll
//    |- Listener          new clients, or why there can be none now
//    |- StopSignal        the request to stop
//    `- Connection ...    one client each
//
// A round of the loop: wait; note for each client what is ready; serve each client that has
// something to do, a bounded amount; accept a bounded number of new ones. Nobody is closed or
// accepted before the whole batch of events has been noted, so no event can reach a later client
// by way of a descriptor that was closed and handed out again in between.

#ifndef HUPSTORM_TARGET_REFERENCE_ECHO_SERVER_H_
#define HUPSTORM_TARGET_REFERENCE_ECHO_SERVER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include "target/reference/connection.h"
#include "target/reference/descriptor_table.h"
#include "target/reference/listener.h"
#include "target/reference/multiplexer.h"
#include "target/reference/stop_signal.h"

namespace hupstorm {

class EchoServer final : private ReadySink {
 public:
  struct Options {
    std::string address = "127.0.0.1";  // numeric IPv4
    uint16_t port = 0;                  // 0: the kernel chooses one, see port()
    MultiplexerKind multiplexer = MultiplexerKind::kEpollLevel;
    OutputLimits limits = {};
  };

  // Listens at once; clients that connect are served by Run. `stop` must outlive the server.
  // Throws std::system_error if the kernel refuses, std::invalid_argument for bad options.
  EchoServer(const Options& options, const StopSignal& stop);
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  // Serves until `stop` is raised; then finishes the round and returns, without waiting for
  // clients: what they have not read and the kernel has not taken is dropped. The destructor
  // closes every connection, also after an exception.
  void Run();

  uint16_t port() const { return listener_.port(); }

 private:
  struct Client {
    Client(UniqueFd socket, const OutputLimits& limits) : connection(std::move(socket), limits) {}

    Connection connection;
    Interest interest;                 // as registered
    bool ready = false;                // is in ready_, otherwise in idle_
    std::list<Client>::iterator self;  // its place there
  };

  void OnReady(int fd, Readiness ready) override;
  int TimeoutMs();
  void ServeReadyClients();
  void AcceptNewClients();
  void Admit(UniqueFd socket);
  bool UpdateInterest(Client& client);
  void Close(Client& client);

  const OutputLimits limits_;
  const StopSignal& stop_;
  bool stopping_ = false;
  Listener listener_;
  Interest listener_interest_ = {.read = true};  // as registered
  std::unique_ptr<Multiplexer> multiplexer_;
  std::list<Client> idle_;   // wait for the multiplexer
  std::list<Client> ready_;  // have something to do, in the order in which they will do it
  DescriptorTable<Client*, nullptr> clients_;
  // Where input is received, by one client after the other. Left as it is: filling it with zeros
  // would cost more than to serve a client.
  std::array<char, 65'536> scratch_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_REFERENCE_ECHO_SERVER_H_
