#include "tests/process/servers.h"

#include <utility>

namespace hupstorm {
namespace {

const std::string kFolder = HUPSTORM_TEST_SERVERS;

void Replace(std::string& text, std::string_view place, std::string_view value) {
  for (size_t at = 0; (at = text.find(place, at)) != std::string::npos; at += value.size()) {
    text.replace(at, place.size(), value);
  }
}

}  // namespace

std::string PythonServer(std::string_view name) {
  return HUPSTORM_TEST_PYTHON " -B " + kFolder + "/" + std::string(name) + ".py {port}";
}

std::vector<CorrectServer> CorrectServers() {
  const std::string nginx = kFolder + "/nginx.sh {port} {folder}";
  // Their accept loops do not take it that a connection cannot be watched: it is forgotten, open.
  const std::set<std::string> no_room = {"close-wait-leak descriptors/epoll-has-no-room",
                                         "fd-leak descriptors/epoll-has-no-room"};
  std::set<std::string> of_redis = no_room;
  of_redis.insert("busy-loop descriptors/limit-of-three");  // it accepts at once again, for ever
  return {
      {"socat",
       "socat -t 3600 TCP-LISTEN:{port},bind=127.0.0.1,backlog=128,reuseaddr,fork EXEC:cat",
       "echo"},
      // By itself it takes no more than 100 clients at once (-m).
      // Its netexec leaves its loop at the client's end of input, and while it waits in a write to
      // cat's full pipe it reads none of cat's output, on which cat waits.
      {"ncat", "ncat -l 127.0.0.1 {port} -k -m 10000 -e /bin/cat", "echo", /*drains=*/false},
      {"libevent_echo", HUPSTORM_LIBEVENT_ECHO " {port}", "echo"},
      // It aborts where epoll_ctl fails with anything but EEXIST.
      {"libuv_echo",
       HUPSTORM_LIBUV_ECHO " {port}",
       "echo",
       /*drains=*/true,
       {"server-died descriptors/epoll-has-no-room"}},
      {"epoll_echo", PythonServer("epoll_echo"), "echo"},
      {"asyncio_echo", PythonServer("asyncio_echo"), "echo", /*drains=*/true, no_room},
      {"delayed_answer", PythonServer("delayed_answer"), "echo", /*drains=*/true, no_room},
      {"greeting",
       PythonServer("greeting"),
       "none",
       /*drains=*/true,
       {"fd-leak descriptors/epoll-has-no-room"}},
      // Of its 64 threads each serves one client until that has gone.
      {"thread_pool",
       ThreadPool(),
       "echo",
       /*drains=*/true,
       {"head-of-line-blocking half-close/many-at-once"}},
      {"wild_pointers", HUPSTORM_WILD_POINTERS " {port}", "echo"},
      {"threaded_echo", PythonServer("threaded_echo"), "echo"},
      {"prefork_echo", PythonServer("prefork_echo"), "echo", /*drains=*/true, no_room},
      {"redis", kFolder + "/redis.sh {port}", "expect:" + kFolder + "/redis.expect",
       /*drains=*/true, of_redis},
      {"nginx", nginx, "expect:" + kFolder + "/nginx.expect"},
      {"nginx_close", nginx, "expect:" + kFolder + "/nginx-close.expect"},
      {"nginx_http", nginx, "http"},
  };
}

std::vector<DefectiveServer> DefectiveServers() {
  std::vector<DefectiveServer> servers = {
      {"fin_ignored",
       "",
       {"close-wait-leak", "busy-loop", "fd-leak"},
       {"half-close/idle", "half-close/echo-drains", "half-close/while-another-talks"}},
      {"reset_kills", "", {"server-died"}, {"reset"}},
      {"blocking_send", "", {"head-of-line-blocking"}, {"slow-reader"}},
      {"descriptor_leak", "", {"fd-leak"}, {"reset"}},
      {"partial_send", "", {"lost-bytes"}, {"slow-reader"}},
      {"cuts_off_half_closed", "", {"lost-bytes"}, {"half-close"}},
      {"edge_read_once", "", {"stalled", "lost-bytes"}, {"slow-reader"}},
      {"stale_queue", "", {"foreign-bytes"}, {"reuse"}},
      {"unbounded_queue", "", {"unbounded-queue"}, {"slow-reader"}},
      {"accept_gives_up", "", {"accept-stopped"}, {"accept"}},
  };
  for (DefectiveServer& server : servers) server.command = PythonServer(server.name);
  return servers;
}

std::string ThreadPool() { return HUPSTORM_THREAD_POOL " {port}"; }

std::string PidNamespaces() { return HUPSTORM_PID_NAMESPACES " {port}"; }
std::string ForkEcho() { return HUPSTORM_FORK_ECHO " {port}"; }

std::string HandlesSignals(std::string_view which) {
  return std::string(HUPSTORM_HANDLES_SIGNALS " {port} ").append(which);
}

std::string JoinsAtExit(std::string_view manner) {
  return std::string(HUPSTORM_JOINS_AT_EXIT " {port} ").append(manner);
}

std::string ShortTick() { return HUPSTORM_SHORT_TICK " {port}"; }

std::string SleepsInManyWays() { return HUPSTORM_SLEEPS_IN_MANY_WAYS " {port}"; }

std::string Proxy() { return HUPSTORM_PROXY " {port} "; }

std::string StaticEcho() {
#ifdef HUPSTORM_STATIC_ECHO
  return HUPSTORM_STATIC_ECHO " {port}";
#else
  return "";
#endif
}

std::string FillIn(std::string command, int port, std::string_view folder) {
  Replace(command, "{port}", std::to_string(port));
  Replace(command, "{folder}", folder);
  return command;
}

}  // namespace hupstorm
