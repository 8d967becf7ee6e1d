// What the servers on libevent share: everything but what becomes of a connection.

#ifndef HUPSTORM_BENCH_SERVERS_PEERS_LIBEVENT_SERVER_H_
#define HUPSTORM_BENCH_SERVERS_PEERS_LIBEVENT_SERVER_H_

#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <csignal>
#include <cstdlib>

// Serves on the port that main's arguments name, until SIGTERM; returns the exit code.
inline int RunLibeventServer(int argc, char** argv, evconnlistener_cb on_accept, int backlog) {
  if (argc != 2) return 2;
  std::signal(SIGPIPE, SIG_IGN);
  event_base* base = event_base_new();
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(argv[1])));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  evconnlistener* listener =
      evconnlistener_new_bind(base, on_accept, nullptr, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE,
                              backlog, reinterpret_cast<sockaddr*>(&address), sizeof address);
  if (listener == nullptr) return 1;
  // Inherited by what it accepts. An answer in parts does not wait for the client's
  // acknowledgement.
  const int on = 1;
  setsockopt(evconnlistener_get_fd(listener), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // Without descriptors the listener stays readable: libevent would try again at once, for ever.
  evconnlistener_set_error_cb(listener, [](evconnlistener* failed, void*) {
    const auto resume = [](evutil_socket_t, short, void* paused) {
      evconnlistener_enable(static_cast<evconnlistener*>(paused));
    };
    const timeval pause = {0, 100'000};
    evconnlistener_disable(failed);
    event_base_once(evconnlistener_get_base(failed), -1, EV_TIMEOUT, resume, failed, &pause);
  });
  const auto end = [](evutil_socket_t, short, void* loop) {
    event_base_loopbreak(static_cast<event_base*>(loop));
  };
  event* stop = evsignal_new(base, SIGTERM, end, base);
  evsignal_add(stop, nullptr);
  return event_base_dispatch(base) < 0 ? 1 : 0;
}

#endif  // HUPSTORM_BENCH_SERVERS_PEERS_LIBEVENT_SERVER_H_
