#include "kernel/simulated/ports.h"

#include <errno.h>

namespace hupstorm::simulated {
namespace {

// Whether one packet could be for both (inet_rcv_saddr_equal).
bool AddressesOverlap(const TcpEndpoint& a, const TcpEndpoint& b) {
  const auto takes_v4 = [](const TcpEndpoint& e) {
    return !e.v6 || !e.local.native_v6 || (e.local.IsAny() && !e.options.v6_only);
  };
  const auto takes_v6 = [](const TcpEndpoint& e) { return e.v6 && e.local.native_v6; };
  if (!(takes_v4(a) && takes_v4(b)) && !(takes_v6(a) && takes_v6(b))) return false;
  return a.local.IsAny() || b.local.IsAny() || a.local.ip == b.local.ip;
}

}  // namespace

Port* Ports::Get(uint16_t number) {
  Port*& port = ports_[number];
  if (port == nullptr) {
    port = slab_.New();
    port->number = number;
    touched_.push_back(number);
  }
  return port;
}

bool Ports::Conflicts(const TcpEndpoint& endpoint, const Port& port) const {
  const bool reuse = endpoint.options.reuse_address != 0;
  if (port.children > 0 && (!reuse || port.children_without_reuse > 0)) return true;
  for (const TcpEndpoint* user = port.users.first(); user != nullptr;
       user = port.users.Next(user)) {
    if (user == &endpoint || !AddressesOverlap(endpoint, *user)) continue;
    if (endpoint.options.reuse_port && user->options.reuse_port) continue;
    if (reuse && user->options.reuse_address != 0 && user->state != TcpState::kListen) continue;
    return true;
  }
  return false;
}

int Ports::Bind(TcpEndpoint& endpoint) {
  if (endpoint.local.port == 0) {
    for (int tries = 0; tries <= kLastFree - kFirstFree; ++tries) {
      const int number = next_free_;
      next_free_ = number == kLastFree ? kFirstFree : number + 1;
      if (InUse(static_cast<uint16_t>(number))) continue;
      endpoint.local.port = static_cast<uint16_t>(number);
      break;
    }
    if (endpoint.local.port == 0) return -EADDRINUSE;
  }
  Port* port = Get(endpoint.local.port);
  if (Conflicts(endpoint, *port)) return -EADDRINUSE;
  port->users.PushBack(&endpoint);
  endpoint.port = port;
  return 0;
}

bool Ports::MayListen(const TcpEndpoint& endpoint) const {
  return !Conflicts(endpoint, *endpoint.port);
}

void Ports::AddChild(TcpEndpoint& endpoint, Port* port) {
  endpoint.port = port;
  endpoint.counted_child = true;
  ++port->children;
  if (endpoint.options.reuse_address == 0) ++port->children_without_reuse;
}

void Ports::Release(TcpEndpoint& endpoint) {
  Port* port = endpoint.port;
  if (port == nullptr) return;
  endpoint.port = nullptr;
  if (!endpoint.counted_child) {
    port->users.Remove(&endpoint);
    return;
  }
  endpoint.counted_child = false;
  --port->children;
  if (endpoint.options.reuse_address == 0) --port->children_without_reuse;
}

void Ports::SetReuse(TcpEndpoint& endpoint, int value) {
  if (endpoint.counted_child) {
    if (endpoint.options.reuse_address == 0) --endpoint.port->children_without_reuse;
    if (value == 0) ++endpoint.port->children_without_reuse;
  }
  endpoint.options.reuse_address = static_cast<uint8_t>(value != 0);
}

TcpEndpoint* Ports::FindListener(const Address& address) {
  Port* port = ports_[address.port];
  if (port == nullptr) return nullptr;
  // The most exact one wins; among equals, which share the port by SO_REUSEPORT, they take turns.
  int best_score = 0;
  uint32_t equals = 0;
  const auto score_of = [&address](const TcpEndpoint& user) {
    if (user.state != TcpState::kListen) return 0;
    if (user.local.IsAny()) {
      if (address.native_v6) return user.v6 && user.local.native_v6 ? 1 : 0;
      return user.v6 && user.local.native_v6 && user.options.v6_only ? 0 : 1;
    }
    return user.local.ip == address.ip && user.local.native_v6 == address.native_v6 ? 2 : 0;
  };
  for (TcpEndpoint* user = port->users.first(); user != nullptr; user = port->users.Next(user)) {
    const int score = score_of(*user);
    if (score > best_score) {
      best_score = score;
      equals = 0;
    }
    if (score == best_score) ++equals;
  }
  if (best_score == 0) return nullptr;
  uint32_t turn = equals == 1 ? 0 : port->next_in_group++ % equals;
  for (TcpEndpoint* user = port->users.first();; user = port->users.Next(user)) {
    if (score_of(*user) == best_score && turn-- == 0) return user;
  }
}

void Ports::Clear() {
  for (const uint16_t number : touched_) ports_[number] = nullptr;
  touched_.clear();
  slab_.Clear();
  next_free_ = kFirstFree;
}

}  // namespace hupstorm::simulated
