// Scenarios of one's own against a server of one's own, from one's own main.

#include <arpa/inet.h>
#include <hupstorm/scenarios/language/parse.h>
#include <hupstorm/scenarios/worlds/simulated_world.h>
#include <hupstorm/target/target.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>

namespace {

// Takes one client, and forgets all about it.
void ServeNobody(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(fd, 9) != 0) {
    return;
  }
  while (accept(fd, nullptr, nullptr) >= 0) {
  }
}

}  // namespace

int main() {
  hupstorm::Target target;
  target.name = "nobody";
  target.serve = ServeNobody;
  const hupstorm::Scenario scenario = hupstorm::ParseScenario(
      "target echo\na connect\na send 10B\na shutdown write\n", "inline.scn");
  hupstorm::SimulatedWorld world;
  bool leaks = false;
  for (const hupstorm::Finding& finding : world.Run(scenario, target, {}).findings) {
    std::printf("%s: %s\n", finding.oracle.c_str(), finding.evidence.c_str());
    leaks = leaks || finding.oracle == "fd-leak";
  }
  return leaks ? 0 : 1;
}
