// TCP's port numbers: what is bound, what listens, which numbers are free
// (net/ipv4/inet_connection_sock.c, net/ipv4/inet_hashtables.c).

#ifndef HUPSTORM_KERNEL_SIMULATED_PORTS_H_
#define HUPSTORM_KERNEL_SIMULATED_PORTS_H_

#include <cstdint>
#include <vector>

#include "kernel/simulated/slab.h"
#include "kernel/simulated/tcp_endpoint.h"

namespace hupstorm::simulated {

using PortUsers = IntrusiveList<TcpEndpoint, &TcpEndpoint::port_link>;

struct Port {  // struct inet_bind_bucket
  uint16_t number = 0;
  bool by_connect = false;     // taken by a connect without bind: others may connect from it too
  PortUsers bound;             // bound sockets, listeners too
  PortUsers accepted;          // connections that were accepted on it
  uint32_t next_in_group = 0;  // SO_REUSEPORT: whose turn it is

  bool InUse() const { return !bound.empty() || !accepted.empty(); }
};

class Ports {
 public:
  Ports() : ports_(1 << 16) {}

  // Binds `endpoint` to its local address; a port of 0 takes a free one. -EADDRINUSE.
  int Bind(TcpEndpoint& endpoint);
  // Gives a port to `endpoint`, which connects and has none. -EADDRNOTAVAIL if each is taken by
  // somebody who bound it, or by a connection to the same address.
  int BindForConnect(TcpEndpoint& endpoint);
  // Whether `endpoint`, which is bound, may start to listen.
  static bool MayListen(const TcpEndpoint& endpoint);
  // Counts a connection that was accepted on `port`.
  void AddAccepted(TcpEndpoint& endpoint, Port* port);
  // Leaves the port, if it has one.
  void Release(TcpEndpoint& endpoint);

  // The listener for a connection to `address`, null if there is none.
  TcpEndpoint* FindListener(const Address& address);
  // Another connection from the local address of `endpoint` to its remote one; null if there is
  // none.
  static TcpEndpoint* FindTwin(const TcpEndpoint& endpoint);
  bool InUse(uint16_t number) const { return ports_[number] != nullptr && ports_[number]->InUse(); }
  void Clear();

 private:
  // Where ports are picked for sockets that were not told one; peers have theirs from 40000 up.
  static constexpr int kFirstFree = 20000;
  static constexpr int kLastFree = 39999;

  Port* Get(uint16_t number);
  void Join(TcpEndpoint& endpoint, Port& port);
  // The next free port in turn for which `fits`; 0 if there is none.
  template <typename Fits>
  int Pick(const TcpEndpoint& endpoint, Fits fits);

  std::vector<Port*> ports_;
  std::vector<uint16_t> touched_;
  Slab<Port, 16> slab_;
  int next_free_ = kFirstFree;
};

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_PORTS_H_
