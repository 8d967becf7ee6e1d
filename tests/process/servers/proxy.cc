// A correct TCP proxy, a thread for each direction: proxy PORT BACKEND_PORT. Each client has a
// connection of its own to the backend.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "echo_service.h"

namespace {

int Connect(const char* port) {
  const int backend = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(backend, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return backend;
  }
  close(backend);
  return -1;
}

// Until `from` has ended, which it tells `to`. False if either is broken.
bool Pump(int from, int to) {
  char block[64 * 1024];
  ssize_t count;
  while ((count = recv(from, block, sizeof block, 0)) > 0) {
    for (ssize_t sent = 0; sent < count;) {
      const ssize_t more = send(to, block + sent, static_cast<size_t>(count - sent), MSG_NOSIGNAL);
      if (more < 0) return false;
      sent += more;
    }
  }
  return count == 0 && shutdown(to, SHUT_WR) == 0;
}

void Serve(int client, const char* backend_port) {
  const int backend = Connect(backend_port);
  if (backend >= 0) {
    const auto pump = [](int from, int to) {
      if (Pump(from, to)) return;
      shutdown(from, SHUT_RDWR);
      shutdown(to, SHUT_RDWR);
    };
    std::thread back(pump, backend, client);
    pump(client, backend);
    back.join();
    close(backend);
  }
  close(client);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const int listener = Listen(argv[1]);
  if (listener < 0) return 1;
  while (true) {
    const int client = accept(listener, nullptr, nullptr);
    if (client < 0) {
      usleep(1000);
      continue;
    }
    std::thread(Serve, client, argv[2]).detach();
  }
}
