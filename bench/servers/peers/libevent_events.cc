// An echo server on libevent's events: libevent_events PORT
//
// As libevent is used for speed: it calls recv and send itself, with one buffer for all
// connections, and keeps only what the client does not take at once. While something is kept,
// nothing is read. What was read before a half-close is answered.

#include <event2/buffer.h>
#include <event2/event_struct.h>
#include <event2/util.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "libevent_server.h"

namespace {

struct Connection {
  event readable;
  event writable;
  evbuffer* kept = nullptr;
};

char scratch[64 * 1024];

void Close(int fd, Connection* connection) {
  event_del(&connection->readable);
  event_del(&connection->writable);
  if (connection->kept != nullptr) evbuffer_free(connection->kept);
  delete connection;
  close(fd);
}

bool IsTransient(int error) { return error == EAGAIN || error == EINTR; }

// Keeps the rest for when the client reads. False if there is no memory.
bool Keep(Connection* connection, const char* bytes, size_t count) {
  if (connection->kept == nullptr) connection->kept = evbuffer_new();
  if (connection->kept == nullptr || evbuffer_add(connection->kept, bytes, count) != 0) {
    return false;
  }
  return event_del(&connection->readable) == 0 && event_add(&connection->writable, nullptr) == 0;
}

void OnReadable(evutil_socket_t fd, short, void* context) {
  auto* connection = static_cast<Connection*>(context);
  const ssize_t got = recv(fd, scratch, sizeof scratch, 0);
  if (got <= 0) {
    if (got == 0 || !IsTransient(errno)) Close(fd, connection);
    return;
  }
  ssize_t sent = send(fd, scratch, static_cast<size_t>(got), MSG_NOSIGNAL);
  if (sent == got) return;
  if (sent < 0 && !IsTransient(errno)) return Close(fd, connection);
  if (sent < 0) sent = 0;
  if (!Keep(connection, scratch + sent, static_cast<size_t>(got - sent))) Close(fd, connection);
}

void OnWritable(evutil_socket_t fd, short, void* context) {
  auto* connection = static_cast<Connection*>(context);
  if (evbuffer_write(connection->kept, fd) < 0) {
    if (!IsTransient(errno)) Close(fd, connection);
    return;
  }
  if (evbuffer_get_length(connection->kept) > 0) return;
  evbuffer_free(connection->kept);
  connection->kept = nullptr;
  event_del(&connection->writable);
  event_add(&connection->readable, nullptr);
}

void OnAccept(evconnlistener* listener, evutil_socket_t fd, sockaddr*, int, void*) {
  event_base* base = evconnlistener_get_base(listener);
  auto* connection = new Connection;
  event_assign(&connection->readable, base, fd, EV_READ | EV_PERSIST, OnReadable, connection);
  event_assign(&connection->writable, base, fd, EV_WRITE | EV_PERSIST, OnWritable, connection);
  if (event_add(&connection->readable, nullptr) != 0) Close(fd, connection);
}

}  // namespace

int main(int argc, char** argv) { return RunLibeventServer(argc, argv, OnAccept, SOMAXCONN); }
