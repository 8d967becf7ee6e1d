// An echo over the simulated kernel alone: no scenario, no oracle.

#include <arpa/inet.h>
#include <hupstorm/kernel/in_force.h>
#include <hupstorm/kernel/simulated/simulated_kernel.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>

int main() {
  hupstorm::SimulatedKernel kernel;
  hupstorm::ServerScope server(kernel);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(80);  // which Linux would refuse to who is not root
  if (fd < hupstorm::SimulatedKernel::kFirstDescriptor ||
      bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(fd, 1) != 0) {
    std::perror("listen");
    return 1;
  }
  return close(fd);
}
