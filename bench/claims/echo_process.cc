#include "bench/claims/echo_process.h"

#include <unistd.h>

#include <exception>
#include <optional>

#include "kernel/host_kernel.h"
#include "kernel/in_force.h"
#include "target/reference/echo_server.h"

namespace hupstorm {
namespace {

void Serve(MultiplexerKind kind, uint16_t port, CallCounts* counts) {
  // What others have open is nothing to the server: select has no use for high numbers.
  close_range(STDERR_FILENO + 1, ~0U, 0);
  try {
    HostKernel linux_itself;
    std::optional<CallCounter> counter;
    std::optional<ServerScope> counted;
    if (counts != nullptr) {
      counter.emplace(linux_itself, *counts);
      counted.emplace(*counter);
    }
    const StopSignal never;
    EchoServer({.port = port, .multiplexer = kind, .limits = {}}, never).Run();
  } catch (const std::exception&) {
    // The clients see that there is no server.
  }
}

}  // namespace

EchoProcess::EchoProcess(MultiplexerKind kind, bool counted)
    : server_([&](uint16_t port) { Serve(kind, port, counted ? &*counts_ : nullptr); }) {}

}  // namespace hupstorm
