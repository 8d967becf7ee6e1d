// An echo server on libevent's bufferevents: libevent_echo PORT
//
// It reads no more from a client whose output is long, and answers what it has read before it ends
// a half-closed connection.

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <csignal>
#include <cstdlib>

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

void Resume(evutil_socket_t, short, void* listener) {
  evconnlistener_enable(static_cast<evconnlistener*>(listener));
}

// Without descriptors the listener stays readable: libevent would try again at once, for ever.
void OnAcceptError(evconnlistener* listener, void*) {
  const timeval pause = {0, 100'000};
  evconnlistener_disable(listener);
  event_base_once(evconnlistener_get_base(listener), -1, EV_TIMEOUT, Resume, listener, &pause);
}

void OnStop(evutil_socket_t, short, void* base) {
  event_base_loopbreak(static_cast<event_base*>(base));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::signal(SIGPIPE, SIG_IGN);
  event_base* base = event_base_new();
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(argv[1])));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  evconnlistener* listener =
      evconnlistener_new_bind(base, OnAccept, nullptr, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE,
                              128, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  if (listener == nullptr) return 1;
  // Inherited by what it accepts. An answer in parts does not wait for the client's
  // acknowledgement.
  const int on = 1;
  setsockopt(evconnlistener_get_fd(listener), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  evconnlistener_set_error_cb(listener, OnAcceptError);
  event* stop = evsignal_new(base, SIGTERM, OnStop, base);
  evsignal_add(stop, nullptr);
  return event_base_dispatch(base) < 0 ? 1 : 0;
}
