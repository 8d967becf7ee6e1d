#include "scenarios/worlds/server_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <exception>

#include "base/resource_limit.h"
#include "kernel/heap/heap_meter.h"
#include "kernel/in_force.h"
#include "kernel/linux/held/agent.h"
#include "kernel/simulated/simulated_kernel.h"
#include "scenarios/worlds/last_words.h"

namespace hupstorm {
namespace {

constexpr int kOutOfReach = 4000;  // a number that no server of a scenario comes upon

}  // namespace

ServerProcess::ServerProcess(held::SharedMemory& memory, const std::function<void()>& serve) {
  auto [ours, theirs] = MakeSocketPair();
  line_ = std::move(ours);
  process_ = ChildProcess([&, &end = theirs] { Serve(memory, std::move(end), serve); });
}

void ServerProcess::Serve(held::SharedMemory& memory, FileDescriptor end,
                          const std::function<void()>& serve) {
  ForbidCoreFiles();  // a crash here is a finding, not a thing to keep
  // As a shell starts it: whatever started hupstorm may ignore SIGPIPE or SIGINT.
  for (int number = 1; number < SIGRTMIN; ++number) {
    struct sigaction inherited = {};
    if (sigaction(number, nullptr, &inherited) == 0 && inherited.sa_handler == SIG_IGN) {
      signal(number, SIG_DFL);
    }
  }
  output_.TakeStreams();
  const int low = end.get();
  end = MoveUp(std::move(end), kOutOfReach);
  if (end.get() == low) end = MoveUp(std::move(end), kOutOfReach / 5);  // a low hard limit
  const int line = end.get();
  close_range(STDERR_FILENO + 1, static_cast<unsigned>(line - 1), 0);
  close_range(static_cast<unsigned>(line + 1), ~0U, 0);
  // A server's own begin at the same number as in the simulation, so that mistakes with large
  // numbers show.
  while (fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) < SimulatedKernel::kFirstDescriptor - 1) {
  }

  held::Agent agent(memory, line);
  ResetServerHeap();
  try {
    {
      const ServerScope scope(agent);
      serve();
    }
    agent.ReportReturn();
  } catch (const std::exception& error) {
    agent.ReportException(fmt::format("uncaught exception: {}", error.what()));
  } catch (...) {
    agent.ReportException("uncaught exception that is not a std::exception");
  }
  // The driver looks at what is still open, and then ends this process.
  while (true) pause();
}

std::string ServerProcess::AwaitEnd() { return LastWords(process_.Wait(), output_.Tail()); }

}  // namespace hupstorm
