#include "kernel/simulated/ports.h"

#include <errno.h>

#include <algorithm>

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

// The first of the port's users, accepted connections too, of which `is` holds.
template <typename Is>
TcpEndpoint* FindUser(const Port& port, Is is) {
  for (const PortUsers* const users : {&port.bound, &port.accepted}) {
    for (TcpEndpoint* user = users->first(); user != nullptr; user = PortUsers::Next(user)) {
      if (is(*user)) return user;
    }
  }
  return nullptr;
}

// inet_csk_bind_conflict. A port that is `picked` is shared with nobody whose address overlaps.
bool Conflicts(const TcpEndpoint& endpoint, const Port& port, bool picked) {
  return FindUser(port, [&](const TcpEndpoint& user) {
           if (&user == &endpoint || !AddressesOverlap(endpoint, user)) return false;
           if (picked) return true;
           if (endpoint.options.reuse_address && user.options.reuse_address &&
               user.state != TcpState::kListen) {
             return false;
           }
           return !endpoint.options.reuse_port || !user.options.reuse_port;
         }) != nullptr;
}

TcpEndpoint* FindTwinOn(const Port& port, const TcpEndpoint& endpoint) {
  return FindUser(port, [&](const TcpEndpoint& user) {
    const bool is_connection =
        user.in_time_wait || (user.state != TcpState::kClosed && user.state != TcpState::kListen);
    return is_connection && &user != &endpoint && user.local == endpoint.local &&
           user.remote_address == endpoint.remote_address;
  });
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

void Ports::Join(TcpEndpoint& endpoint, Port& port) {
  port.bound.PushBack(&endpoint);
  endpoint.port = &port;
}

template <typename Fits>
int Ports::Pick(const TcpEndpoint& endpoint, Fits fits) {
  const auto try_all = [&](int first, int last, int& next) {
    for (int tries = last - first; tries >= 0; --tries) {
      const int number = next < first || next > last ? first : next;
      next = number + 1;
      if (fits(static_cast<uint16_t>(number))) return number;
    }
    return 0;
  };
  if (endpoint.options.first_local_port == 0) return try_all(kFirstFree, kLastFree, next_free_);
  const int first = endpoint.options.first_local_port;
  int last = endpoint.options.last_local_port;
  if (last > first && (last - first) % 2 == 0)
    --last;  // of an odd number Linux leaves the last out
  int next = first;
  return try_all(first, last, next);
}

int Ports::Bind(TcpEndpoint& endpoint) {
  const bool picked = endpoint.local.port == 0;
  if (picked) {
    int number = Pick(endpoint, [&](uint16_t port) { return !InUse(port); });
    if (number == 0) {
      number =
          Pick(endpoint, [&](uint16_t port) { return !Conflicts(endpoint, *ports_[port], true); });
    }
    if (number == 0) return -EADDRINUSE;
    endpoint.local.port = static_cast<uint16_t>(number);
  }
  Port& port = *Get(endpoint.local.port);
  if (!picked && Conflicts(endpoint, port, false)) return -EADDRINUSE;
  port.by_connect = false;
  Join(endpoint, port);
  return 0;
}

int Ports::BindForConnect(TcpEndpoint& endpoint) {
  const Address wanted = endpoint.local;
  int number = Pick(endpoint, [&](uint16_t port) {
    // Linux may pick the very port that it connects to; this one never does.
    const bool own = port == endpoint.remote_address.port;
    return !own && !InUse(port);
  });
  if (number == 0) {
    number = Pick(endpoint, [&](uint16_t port) {
      endpoint.local.port = port;
      return ports_[port] != nullptr && ports_[port]->by_connect &&
             FindTwinOn(*ports_[port], endpoint) == nullptr;
    });
    endpoint.local = wanted;
  }
  if (number == 0) return -EADDRNOTAVAIL;
  endpoint.local.port = static_cast<uint16_t>(number);
  Port& port = *Get(endpoint.local.port);
  port.by_connect = true;
  Join(endpoint, port);
  return 0;
}

bool Ports::MayListen(const TcpEndpoint& endpoint) {
  return !Conflicts(endpoint, *endpoint.port, false);
}

void Ports::AddAccepted(TcpEndpoint& endpoint, Port* port) {
  endpoint.port = port;
  endpoint.on_accepted_list = true;
  port->accepted.PushBack(&endpoint);
}

void Ports::Release(TcpEndpoint& endpoint) {
  Port* port = endpoint.port;
  if (port == nullptr) return;
  endpoint.port = nullptr;
  (endpoint.on_accepted_list ? port->accepted : port->bound).Remove(&endpoint);
  endpoint.on_accepted_list = false;
}

TcpEndpoint* Ports::FindTwin(const TcpEndpoint& endpoint) {
  return FindTwinOn(*endpoint.port, endpoint);
}

TcpEndpoint* Ports::FindListener(const Address& address) {
  Port* port = ports_[address.port];
  if (port == nullptr) return nullptr;
  // The most exact one wins (compute_score); among equals, which share the port by SO_REUSEPORT,
  // they take turns.
  int best_score = 0;
  uint32_t equals = 0;
  const auto score_of = [&address](const TcpEndpoint& user) {
    if (user.state != TcpState::kListen) return 0;
    const bool native_v6 = user.v6 && user.local.native_v6;
    if (user.local.IsAny()) {
      if (address.native_v6) return native_v6 ? 1 : 0;
      if (native_v6 && user.options.v6_only) return 0;
      return user.v6 ? 1 : 2;
    }
    if (user.local.ip != address.ip || user.local.native_v6 != address.native_v6) return 0;
    return user.v6 ? 3 : 4;
  };
  for (TcpEndpoint* user = port->bound.first(); user != nullptr; user = PortUsers::Next(user)) {
    const int score = score_of(*user);
    if (score > best_score) {
      best_score = score;
      equals = 0;
    }
    if (score == best_score) ++equals;
  }
  if (best_score == 0) return nullptr;
  uint32_t turn = equals == 1 ? 0 : port->next_in_group++ % equals;
  for (TcpEndpoint* user = port->bound.first();; user = PortUsers::Next(user)) {
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
