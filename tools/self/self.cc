#include "tools/self/self.h"

#include "target/canary/canary.h"
#include "target/documented/documented.h"
#include "tools/catalogue/target_catalogue.h"
#include "tools/self/self_areas.h"

namespace hupstorm {

const SelfCommands& AddSelf() {
  static const SelfCommands commands = {AddMatrixCommand, AddConformCommand, SelfAreas};
  SetFaultyServers({DocumentedTarget, CanaryTarget});
  return commands;
}

}  // namespace hupstorm
