// An echo server with a thread a client that takes EINTR for the end of a connection, and has
// handlers after which calls are not restarted: handles_signals PORT MANNER.
//   faults: of signals that nobody sends; it is correct, then
//   alarms: of SIGALRM
//   stops: of SIGTERM, after which it sends its threads SIGUSR1 without a pause until they have
//          ended, as Ruby does; correct

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <list>
#include <string_view>
#include <thread>

#include "echo_service.h"

namespace {

struct Client {
  std::thread thread;
  std::atomic<bool> has_ended{false};
};

void Handle(int signal) {
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  sigaction(signal, &action, nullptr);
}

void SetBlocked(int signal, int how) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, signal);
  pthread_sigmask(how, &signals, nullptr);
}

void Stop(std::list<Client>& clients) {
  for (Client& client : clients) {
    while (!client.has_ended) pthread_kill(client.thread.native_handle(), SIGUSR1);
    client.thread.join();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string_view manner = argv[2];
  if (manner == "faults") {
    for (const int signal : {SIGSEGV, SIGBUS}) Handle(signal);
  } else if (manner == "alarms") {
    Handle(SIGALRM);
  } else {
    for (const int signal : {SIGTERM, SIGUSR1}) Handle(signal);
  }
  const int listener = Listen(argv[1]);
  if (listener < 0) return 1;
  std::list<Client> clients;
  while (true) {
    const int connection = accept(listener, nullptr, nullptr);
    if (connection < 0 && manner == "stops") {
      Stop(clients);
      return 0;
    }
    if (connection < 0) continue;
    Client& client = clients.emplace_back();
    SetBlocked(SIGTERM, SIG_BLOCK);  // it is for this thread
    client.thread = std::thread([&client, connection] {
      Echo(connection);
      close(connection);
      client.has_ended = true;
    });
    SetBlocked(SIGTERM, SIG_UNBLOCK);
  }
}
