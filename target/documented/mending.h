// What several servers' mends have in common. With its mend left out, each of these does what the
// document wrote.

#ifndef HUPSTORM_TARGET_DOCUMENTED_MENDING_H_
#define HUPSTORM_TARGET_DOCUMENTED_MENDING_H_

#include <cstddef>
#include <string>

#include "target/documented/mend_set.h"
#include "target/documented/python/containers.h"
#include "target/documented/python/errors.h"
#include "target/documented/python/socket.h"

namespace hupstorm {

// Where a mended server ceases to read from a client: it holds this many bytes for it, and those of
// one more read.
inline constexpr size_t kQueueBound = 64 * 1024;

// The kernel can't do it now and may be able to later: EAGAIN, ENOBUFS, ENOMEM.
bool IsNotNow(const python::OSError& error);

// The connection is over: a reset, a peer that is gone, a route that is gone. EBADF is not of
// these: it is the server's own mistake.
bool IsConnectionLost(const python::OSError& error);

// How a read or a write ended.
enum class Outcome { kDone, kNotNow, kLost };

// data = socket.recv(1024). Mended (reset-kills-server): errors of the connection are kLost, and a
// wake-up for nothing is kNotNow; `data` is left alone then.
Outcome Receive(MendSet mends, python::Socket& socket, python::Bytes* data);

// socket.send(message), where the message came off the front of `queue`. Mended (short-send-drops):
// what the kernel doesn't take now goes back to the front. Mended (reset-kills-server): errors of
// the connection are kLost.
Outcome SendFromQueue(MendSet mends, python::Socket& socket, const python::Bytes& message,
                      python::Queue* queue);

// repr(socket.getpeername()). Mended (getpeername-kills-server): the address that accept gave,
// if the kernel no longer knows it.
std::string PeerName(MendSet mends, const python::Socket& socket);

// The same, mended whatever `mends` says: for what other mends print.
std::string PeerNameOrAccepted(const python::Socket& socket);

// Mends accept-error-kills: while descriptors or memory are short the server doesn't watch its
// listener, until one of its connections closes or a while has passed.
class ListenerPause {
 public:
  // accept failed with `error`, which is being handled, or what belongs to it: throws it again if
  // that isn't mended. Returns true if the server must stop watching its listener now.
  bool Begin(MendSet mends, const python::OSError& error);

  // The server closed a connection: there may be room now.
  void ConnectionClosed() { room_made_ = true; }

  bool active() const { return active_; }
  // Ends the pause if it is time to, and says so: the listener must be watched again.
  bool EndIfOver();
  // How long the next wait may take, if the document asked for `seconds` (negative: for ever).
  double Shorten(double seconds) const;

 private:
  bool active_ = false;
  bool room_made_ = false;
  double until_ = 0;  // python::MonotonicSeconds
};

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_DOCUMENTED_MENDING_H_
