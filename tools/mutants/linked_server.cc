// Joins a program whose main was compiled as ServerMain to the hupstorm command, as its own server.

#include "tools/catalogue/linked_server.h"

#include <string>
#include <utility>

int ServerMain(int argc, char** argv);

namespace {

void Serve(uint16_t port) {
  char name[] = "server";
  std::string text = std::to_string(port);
  char* arguments[] = {name, text.data(), nullptr};
  ServerMain(2, arguments);
}

[[maybe_unused]] const bool linked = [] {
  hupstorm::LinkedServer server = {.target = {}, .engine = "replay", .libraries = ""};
  server.target.name = "server";
  server.target.serve = Serve;
  hupstorm::SetLinkedServer(std::move(server));
  return true;
}();

}  // namespace
