// An echo server on libevent's bufferevents: libevent_echo PORT
//
// It reads no more from a client whose output is long, and answers what it has read before it ends
// a half-closed connection.

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "libevent_server.h"

namespace {

constexpr size_t kMostQueued = 64 * 1024;

void OnInput(bufferevent* connection, void*) {
  evbuffer* output = bufferevent_get_output(connection);
  evbuffer_add_buffer(output, bufferevent_get_input(connection));
  if (evbuffer_get_length(output) > kMostQueued) bufferevent_disable(connection, EV_READ);
}

void OnDrained(bufferevent* connection, void*) { bufferevent_enable(connection, EV_READ); }

void OnLastDrained(bufferevent* connection, void*) { bufferevent_free(connection); }

void OnEvent(bufferevent* connection, short what, void*) {
  const bool output_left = evbuffer_get_length(bufferevent_get_output(connection)) > 0;
  if ((what & BEV_EVENT_EOF) != 0 && output_left) {
    bufferevent_setcb(connection, nullptr, OnLastDrained, OnEvent, nullptr);
  } else {
    bufferevent_free(connection);
  }
}

void OnAccept(evconnlistener* listener, evutil_socket_t fd, sockaddr*, int, void*) {
  bufferevent* connection =
      bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_setcb(connection, OnInput, OnDrained, OnEvent, nullptr);
  // Without memory to watch it, it is turned away.
  if (bufferevent_enable(connection, EV_READ | EV_WRITE) != 0) bufferevent_free(connection);
}

}  // namespace

int main(int argc, char** argv) { return RunLibeventServer(argc, argv, OnAccept, 128); }
