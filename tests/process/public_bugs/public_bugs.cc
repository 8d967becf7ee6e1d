// public_bugs PORT [--bug NAME] [--loop epoll|epoll-et|poll|select] [--threads N] [--processes N]
//             [--late MS] [--lines] [--proxy]
//             [--port-file FILE]
// An echo server on 127.0.0.1 with one of the bugs that people have reported of others (worker.cc),
// or without one. A proxy's upstream is a correct echo server in a process of its own.

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "../servers/echo_service.h"
#include "worker.h"

namespace {

int PortOf(int listener) {
  sockaddr_in address = {};
  socklen_t length = sizeof address;
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin_port);
}

// Until the proxy ends.
[[noreturn]] void ServeUpstream(int listener) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  Options options;
  fcntl(listener, F_SETFL, O_NONBLOCK);
  Worker(options, listener).Run();
}

int BadUsage(const std::string& what) {
  std::fprintf(stderr, "public_bugs: %s\n", what.c_str());
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return BadUsage("no port");
  Options options;
  int threads = 1;
  int processes = 1;
  bool is_proxy = false;
  std::string port_file;
  for (int i = 2; i < argc; ++i) {
    const std::string word = argv[i];
    const std::string value = i + 1 < argc ? argv[i + 1] : "";
    if (word == "--lines") {
      options.lines = true;
      continue;
    }
    if (word == "--proxy") {
      is_proxy = true;
      continue;
    }
    if (word == "--bug") {
      options.bug = value;
    } else if (word == "--loop") {
      options.loop = value;
    } else if (word == "--threads") {
      threads = std::atoi(value.c_str());
    } else if (word == "--processes") {
      processes = std::atoi(value.c_str());
    } else if (word == "--port-file") {
      port_file = value;
    } else if (word == "--late") {
      options.late_ms = std::atoi(value.c_str());
    } else {
      return BadUsage(word + ": unknown");
    }
    ++i;
  }
  if (Loop::Make(options.loop, false) == nullptr) return BadUsage(options.loop + ": no such loop");

  if (is_proxy) {
    const int upstream = Listen("0");
    options.upstream = PortOf(upstream);
    if (upstream < 0) return 1;
    if (fork() == 0) ServeUpstream(upstream);
    close(upstream);
  }
  const int listener = Listen(argv[1]);
  if (listener < 0) return 1;
  if (!port_file.empty()) {  // it is there when it can be connected to
    FILE* file = std::fopen(port_file.c_str(), "w");
    if (file == nullptr) return BadUsage(port_file);
    std::fprintf(file, "%d", PortOf(listener));
    std::fclose(file);
  }
  if (options.bug != "blocking-accept") fcntl(listener, F_SETFL, O_NONBLOCK);
  for (int i = 1; i < processes; ++i) {
    if (fork() == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      break;
    }
  }
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) {
    others.emplace_back([&] { Worker(options, listener).Run(); });
  }
  Worker(options, listener).Run();
}
