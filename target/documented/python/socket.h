// Python's socket.socket.

#ifndef HUPSTORM_TARGET_DOCUMENTED_PYTHON_SOCKET_H_
#define HUPSTORM_TARGET_DOCUMENTED_PYTHON_SOCKET_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "target/documented/python/text.h"

namespace hupstorm::python {

// A name for a socket object. Copies are names for the same object; the object is closed when its
// last name goes. A Socket made without arguments is a name for nothing yet.
//
// Each failed call throws OSError. EINTR is no failure: the call is made again (PEP 475). SIGPIPE
// is never raised, since Python ignores it. After Close, fileno() is -1 and calls throw EBADF; no
// call reaches the kernel then, although Python makes it, on descriptor -1.
class Socket {
 public:
  Socket() = default;

  static Socket Create();  // socket.socket(AF_INET, SOCK_STREAM)

  int fileno() const;
  void SetSockOpt(int level, int name, int value);
  void SetBlocking(bool blocking);
  void Bind(const Address& address);
  void Listen(int backlog);
  std::pair<Socket, Address> Accept();     // the new socket is blocking, whatever the listener is
  Bytes Recv(size_t size, int flags = 0);  // size: 1 to 4096
  size_t Send(const Bytes& bytes);         // returns how many were taken: 0 to bytes.size()
  void Shutdown(int how);
  void Close();  // closing once more does nothing
  Address GetSockName() const;
  Address GetPeerName() const;

  // Not Python's: the address that accept gave with this socket.
  const Address& accepted_from() const;

  // The same object ("is", and "==", which sockets do not define).
  friend bool operator==(const Socket& a, const Socket& b) { return a.object_ == b.object_; }
  size_t identity() const { return std::hash<const void*>()(object_.get()); }

 private:
  struct Object;
  explicit Socket(std::shared_ptr<Object> object) : object_(std::move(object)) {}
  int OpenDescriptor() const;  // throws EBADF

  std::shared_ptr<Object> object_;
};

struct SocketHash {
  size_t operator()(const Socket& socket) const { return socket.identity(); }
};

// repr(socket) of Python 3.11, which asks the kernel for both addresses:
// <socket.socket fd=5, family=2, type=1, proto=0, laddr=('127.0.0.1', 80), raddr=('127.0.0.1', 9)>
std::string Repr(const Socket& socket);

// repr(socket) of Python 2, the documents' own: <socket._socketobject object at 0x7>. Python puts
// the object's place in memory there, this puts its descriptor, so that two runs print the same.
std::string ReprOfPython2(const Socket& socket);

}  // namespace hupstorm::python

#endif  // HUPSTORM_TARGET_DOCUMENTED_PYTHON_SOCKET_H_
