#include "target/documented/mending.h"

#include <algorithm>
#include <cerrno>
#include <initializer_list>

#include "target/documented/python/readiness.h"

namespace hupstorm {
namespace {

using python::Bytes;
using python::OSError;
using python::Socket;

constexpr double kPauseSeconds = 0.5;

bool IsOneOf(const OSError& error, std::initializer_list<int> errors) {
  return std::find(errors.begin(), errors.end(), error.error()) != errors.end();
}

bool IsShortOfResources(const OSError& error) {
  // ENOSPC is epoll_ctl's: /proc/sys/fs/epoll/max_user_watches.
  return IsOneOf(error, {EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOSPC});
}

}  // namespace

bool IsNotNow(const OSError& error) { return IsOneOf(error, {EAGAIN, ENOBUFS, ENOMEM}); }

bool IsConnectionLost(const OSError& error) {
  return IsOneOf(error, {ECONNRESET, EPIPE, ETIMEDOUT, ECONNABORTED, ENOTCONN, EHOSTUNREACH,
                         ENETUNREACH, EHOSTDOWN, ENETDOWN});
}

Outcome Receive(MendSet mends, Socket& socket, Bytes* data) {
  try {
    *data = socket.Recv(1024);
    return Outcome::kDone;
  } catch (const OSError& error) {
    if (!mends.Has(Mend::kResetKillsServer)) throw;
    if (IsNotNow(error)) return Outcome::kNotNow;
    if (IsConnectionLost(error)) return Outcome::kLost;
    throw;
  }
}

Outcome SendFromQueue(MendSet mends, Socket& socket, const Bytes& message, python::Queue* queue) {
  const bool keep_tail = mends.Has(Mend::kShortSendDrops);
  size_t sent = 0;
  try {
    sent = socket.Send(message);
  } catch (const OSError& error) {
    if (mends.Has(Mend::kResetKillsServer) && IsConnectionLost(error)) return Outcome::kLost;
    if (!keep_tail || !IsNotNow(error)) throw;
  }
  if (keep_tail && sent < message.size()) queue->PutBack(message.substr(sent));
  return Outcome::kDone;
}

std::string PeerName(MendSet mends, const Socket& socket) {
  if (mends.Has(Mend::kGetpeernameKillsServer)) return PeerNameOrAccepted(socket);
  return Repr(socket.GetPeerName());
}

std::string PeerNameOrAccepted(const Socket& socket) {
  try {
    return Repr(socket.GetPeerName());
  } catch (const OSError&) {
    return Repr(socket.accepted_from());
  }
}

bool ListenerPause::Begin(MendSet mends, const OSError& error) {
  if (!mends.Has(Mend::kAcceptErrorKills)) throw;
  // Anything else befell that one connection (ECONNABORTED, a network error that accept(2) passes
  // on) or is nothing at all (EAGAIN): the next one may be fine.
  if (!IsShortOfResources(error)) return false;
  active_ = true;
  room_made_ = false;
  until_ = python::MonotonicSeconds() + kPauseSeconds;
  return true;
}

bool ListenerPause::EndIfOver() {
  if (!active_ || (!room_made_ && python::MonotonicSeconds() < until_)) return false;
  active_ = false;
  return true;
}

double ListenerPause::Shorten(double seconds) const {
  if (!active_) return seconds;
  const double left = std::max(0.0, until_ - python::MonotonicSeconds());
  return seconds < 0 ? left : std::min(seconds, left);
}

}  // namespace hupstorm
