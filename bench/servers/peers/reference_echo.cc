// The reference by itself, as other programs would link it: reference_echo MULTIPLEXER PORT
//
// The hupstorm command serves it too, but through its own definitions of libc's calls. Linked with
// those, this program shows what they cost while no test runs.

#include <csignal>
#include <cstdlib>

#include "target/reference/echo_server.h"
#include "target/reference/reference.h"
#include "target/reference/stop_signal.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto kind = hupstorm::MultiplexerFromName(argv[1]);
  if (!kind) return 2;
  const hupstorm::StopSignal stop;
  const hupstorm::StopOnSignal on_sigterm(SIGTERM, stop);
  hupstorm::EchoServer(
      {.port = static_cast<uint16_t>(std::atoi(argv[2])), .multiplexer = *kind, .limits = {}}, stop)
      .Run();
}
