// For a server of your own that is linked to hupstorm: define this one function, once, in a source
// of the executable that CMake's hupstorm_add_server makes (docs/your-own-server.md).
//
//   #include <hupstorm/target/server_under_test.h>
//   #include "my_server.h"
//
//   hupstorm::Target hupstorm::ServerUnderTest() {
//     return {.name = "my-server", .serve = [](uint16_t port) { MyServer(port).Run(); }};
//   }

#ifndef HUPSTORM_TARGET_SERVER_UNDER_TEST_H_
#define HUPSTORM_TARGET_SERVER_UNDER_TEST_H_

#include "target/target.h"

namespace hupstorm {

// Called once, before anything else. `name` and `serve` must be set; `third_party` is set whatever
// you say, so that your server may word its answers as it likes. What it throws is shown, and the
// executable ends with exit code 2.
//
// Many servers are run one after another in one process. So `serve` must leave nothing behind in
// globals; it runs on one thread and must not start another; and where the script ends, a blocked
// call leaves the server by an exception, unless SIGTERM makes it return first: destructors free
// what it holds. (C sources are compiled with -fexceptions for it.) A server that cannot do so is
// tested as a process of its own: hupstorm run --exec.
Target ServerUnderTest();

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_SERVER_UNDER_TEST_H_
