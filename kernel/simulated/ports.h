// TCP's port numbers: what is bound, what listens, which numbers are free
// (net/ipv4/inet_connection_sock.c).

#ifndef HUPSTORM_KERNEL_SIMULATED_PORTS_H_
#define HUPSTORM_KERNEL_SIMULATED_PORTS_H_

#include <cstdint>
#include <vector>

#include "kernel/simulated/slab.h"
#include "kernel/simulated/tcp_endpoint.h"

namespace hupstorm::simulated {

struct Port {
  uint16_t number = 0;
  IntrusiveList<TcpEndpoint, &TcpEndpoint::port_link> users;  // bound sockets, listeners too
  // Connections that were accepted on this port. They are many, so they are only counted.
  uint32_t children = 0;
  uint32_t children_without_reuse = 0;
  uint32_t next_in_group = 0;  // SO_REUSEPORT: whose turn it is

  bool InUse() const { return !users.empty() || children > 0; }
};

class Ports {
 public:
  Ports() : ports_(1 << 16) {}

  // Binds `endpoint` to its local address; a port of 0 takes a free one. -EADDRINUSE.
  int Bind(TcpEndpoint& endpoint);
  // Whether `endpoint`, which is bound, may start to listen.
  bool MayListen(const TcpEndpoint& endpoint) const;
  // Counts a connection that was accepted on `port`.
  void AddChild(TcpEndpoint& endpoint, Port* port);
  // Leaves the port, if it has one.
  void Release(TcpEndpoint& endpoint);
  // SO_REUSEADDR of a counted connection changed.
  void SetReuse(TcpEndpoint& endpoint, int value);

  // The listener for a connection to `address`, null if there is none.
  TcpEndpoint* FindListener(const Address& address);
  bool InUse(uint16_t number) const { return ports_[number] != nullptr && ports_[number]->InUse(); }
  void Clear();

 private:
  // Where Linux picks ports for sockets that were not told one; peers have theirs from 40000 up.
  static constexpr int kFirstFree = 20000;
  static constexpr int kLastFree = 39999;

  Port* Get(uint16_t number);
  bool Conflicts(const TcpEndpoint& endpoint, const Port& port) const;

  std::vector<Port*> ports_;
  std::vector<uint16_t> touched_;
  Slab<Port, 16> slab_;
  int next_free_ = kFirstFree;
};

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_PORTS_H_
