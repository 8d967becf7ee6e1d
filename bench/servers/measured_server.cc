#include "bench/servers/measured_server.h"

#include <fmt/format.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/loopback_address.h"
#include "base/processors.h"
#include "kernel/linux/sight/process_tree.h"
#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

constexpr int kTries = 3;  // another program may take the port in between
constexpr int kPatienceMs = 10'000;

}  // namespace

MeasuredServer::MeasuredServer(const EchoPeer& peer, int processor) {
  Start(peer, [&](uint16_t port) {
    std::vector<std::string> words = peer.command;
    words.push_back(std::to_string(port));
    const Program program(std::move(words));
    std::vector<int> where;
    if (processor >= 0) where.push_back(processor);
    // A terminal's Ctrl-C is for hupstorm, and the server goes with it.
    return ChildProcess(
        [&] {
          if (!where.empty()) RunOn(where);
          SetStandardStreams(-1, STDERR_FILENO);  // its errors tell why it ends
          program.Exec();
        },
        {.own_group = true});
  });
}

MeasuredServer::MeasuredServer(const std::function<void(uint16_t port)>& serve) {
  Start({.name = "the reference", .command = {"a fork"}},
        [&](uint16_t port) { return ChildProcess([&] { serve(port); }); });
}

void MeasuredServer::Start(const EchoPeer& peer,
                           const std::function<ChildProcess(uint16_t port)>& start) {
  for (int i = 0; i < kTries; ++i) {
    port_ = FreeLoopbackPort();
    process_ = start(port_);
    if (AwaitListening()) return;
  }
  const std::string end = End(0);
  throw FailedError(fmt::format("the server on {} does not serve: {} PORT {}", peer.name,
                                fmt::join(peer.command, " "),
                                end.empty() ? "does not listen" : end));
}

// A server does not say when it listens, so it is tried every millisecond.
bool MeasuredServer::AwaitListening() {
  for (int waited = 0; waited < kPatienceMs; ++waited) {
    if (ConnectToLoopback(port_)) return true;
    if (!End(1).empty()) return false;
  }
  return false;
}

std::string MeasuredServer::End(int patience_ms) {
  const std::optional<int> status = process_.Status(patience_ms);
  if (!status) return {};
  return WIFEXITED(*status) ? fmt::format("ended with exit code {}", WEXITSTATUS(*status))
                            : fmt::format("was killed by signal {} ({})", WTERMSIG(*status),
                                          strsignal(WTERMSIG(*status)));
}

double MeasuredServer::CpuSeconds() const {
  return static_cast<double>(std::max<int64_t>(0, sight::CpuNs(process_.pid()))) * 1e-9;
}

double MeasuredServer::OwnMemoryBytes() const {
  return static_cast<double>(sight::AnonymousMemory(process_.pid()));
}

}  // namespace hupstorm
