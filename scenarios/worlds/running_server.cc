#include "scenarios/worlds/running_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "kernel/linux/sight/process_tree.h"
#include "scenarios/worlds/last_words.h"

namespace hupstorm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLookForListenerMs = 2;
// A process that forks and ends while its parent's children are listed hides its child from one
// look, and a server that goes into the background does so twice.
constexpr int kLooksForProcesses = 5;

ServerCommand::Options WithPortIn(ServerCommand::Options options, uint16_t port) {
  options.command = WithPort(options.command, port);
  return options;
}

}  // namespace

RunningServer::RunningServer(ServerCommand::Options options, uint16_t port)
    : port_(port), command_(WithPortIn(std::move(options), port)) {}

std::string RunningServer::AwaitListening(std::chrono::milliseconds timeout,
                                          const std::function<void(int, int)>& attend) {
  const Clock::time_point deadline = Clock::now() + timeout;
  while (diag_.Listeners(port_).empty()) {
    attend(command_.news(), kLookForListenerMs);
    const std::optional<int> status = command_.Status();
    if (status && !Lives()) {
      return fmt::format("the server ended before it listened on port {}: {}{}", port_,
                         EndOfProcess(*status), WhatItWrote());
    }
    if (Clock::now() < deadline) continue;
    const std::string elsewhere = ListensElsewhere();
    return fmt::format("after {:g} s the server does not listen on port {} of 127.0.0.1{}{}",
                       std::chrono::duration<double>(timeout).count(), port_,
                       elsewhere.empty() ? " (--start-timeout gives it more)" : elsewhere,
                       WhatItWrote());
  }
  return "";
}

bool RunningServer::HasEnded() {
  if (!command_.Status()) return false;
  return !Lives() || diag_.Listeners(port_).empty();
}

// A process of the server is there, and is no zombie.
bool RunningServer::Lives() const {
  const pid_t roots[] = {command_.keeper()};
  for (int look = 0; look < kLooksForProcesses; ++look) {
    const std::vector<pid_t> pids = sight::WithDescendants(roots);
    if (std::any_of(pids.begin(), pids.end(), [&](pid_t pid) {
          return pid != roots[0] && sight::SummaryOfThreads(pid).any_lives;
        })) {
      return true;
    }
  }
  return false;
}

std::string RunningServer::WhatItWrote() const {
  const std::string output = command_.Output();
  if (output.empty()) return "; it wrote nothing";
  return fmt::format("; it wrote: {}", ReasonIn(output));
}

// Where one of its processes listens instead.
std::string RunningServer::ListensElsewhere() {
  const pid_t roots[] = {command_.keeper()};
  const std::vector<sight::TcpSocket> listeners = diag_.Listeners(0);
  for (const pid_t pid : sight::WithDescendants(roots)) {
    const auto files = sight::OpenFiles(pid);
    if (!files || pid == roots[0]) continue;
    for (const sight::OpenFile& file : *files) {
      const auto listener =
          std::find_if(listeners.begin(), listeners.end(), [&](const sight::TcpSocket& socket) {
            return file.kind == sight::OpenFile::Kind::kSocket && socket.inode == file.inode;
          });
      if (listener == listeners.end()) continue;
      return fmt::format(", but on port {} ({{port}} in the command stands for the one to take)",
                         listener->local_port);
    }
  }
  return "";
}

}  // namespace hupstorm
