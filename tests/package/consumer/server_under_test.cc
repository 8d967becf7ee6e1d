#include <hupstorm/target/server_under_test.h>

#include "pong.h"

hupstorm::Target hupstorm::ServerUnderTest() {
  Target target;
  target.name = "pong";
  target.protocol = Protocol::kExpect;
  target.exchange = std::make_shared<Exchange>(
      Exchange{.request = "PING\n", .response = {{.literal = "PONG\n"}}});
  target.queue_bound = 16 * 1024;
  target.serve = RunPong;
  return target;
}
