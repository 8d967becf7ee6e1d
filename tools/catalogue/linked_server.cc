#include "tools/catalogue/linked_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/files.h"
#include "tools/catalogue/target_catalogue.h"

namespace hupstorm {
namespace {

// In two parts, so that this code does not hold what it looks for (tools/linked_server.cc).
constexpr char kMarkBegins[] = "hupstorm: a server under test ";
constexpr char kMarkEnds[] = "is linked to this executable";

std::optional<LinkedServer>& Place() {
  static std::optional<LinkedServer> server;
  return server;
}

}  // namespace

void SetLinkedServer(LinkedServer server) {
  const Target& target = server.target;
  if (target.name.empty()) throw std::runtime_error("ServerUnderTest: the target has no name");
  if (!target.serve) {
    throw std::runtime_error(fmt::format("ServerUnderTest: {} has no `serve`", target.name));
  }
  if ((target.protocol == Protocol::kExpect) != (target.exchange != nullptr)) {
    throw std::runtime_error(fmt::format(
        "ServerUnderTest: {} needs both kExpect and an exchange, or neither", target.name));
  }
  const std::vector<std::string> names = TargetNames();
  if (std::find(names.begin(), names.end(), target.name) != names.end() ||
      target.name.find_first_of(", \t\n") != std::string::npos) {
    throw std::runtime_error(fmt::format(
        "ServerUnderTest: the name \"{}\" is taken, or has a comma or a space in it", target.name));
  }
  server.target.third_party = true;
  Place() = std::move(server);
}

const LinkedServer* TheLinkedServer() { return Place() ? &*Place() : nullptr; }

bool HasLinkedServer(const std::string& executable) {
  const std::optional<std::string> bytes = ReadWhole(executable);
  return bytes && bytes->find(std::string(kMarkBegins) + kMarkEnds) != std::string::npos;
}

}  // namespace hupstorm
