#include "scenarios/worlds/loopback_world.h"

#include <errno.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <system_error>

#include "kernel/loopback/loopback_kernel.h"
#include "kernel/remote/remote_kernel.h"
#include "scenarios/worlds/scenario_run.h"
#include "scenarios/worlds/server_process.h"

namespace hupstorm {
namespace {

// Below the range that Linux gives to clients (ip_local_port_range), so that no client of anybody's
// takes the port between the look and the server's own bind.
constexpr uint16_t kFirstPort = 20'000;
constexpr uint16_t kLastPort = 32'000;

// One processor for the server and its clients: packets on loopback stay in order, and a turn costs
// no trip across processors.
void BindToOneProcessor() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  const int count = CPU_COUNT(&allowed);
  int nth = count > 0 ? getpid() % count : 0;  // workers that were forked one by one spread
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || nth-- > 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
    return;
  }
}

void RaiseDescriptorLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

bool IsFree(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "socket");
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const bool is_free = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return is_free;
}

// Bases, so that they are there before the run that is given them.
struct Far {
  remote::SharedMemory memory;
  remote::RemoteKernel remote{memory};
  LoopbackKernel loopback{remote};
};

}  // namespace

class LoopbackWorld::Impl final : private Far, public ScenarioRun {
 public:
  Impl() : ScenarioRun(loopback), next_port_(FirstPort()) {
    BindToOneProcessor();
    RaiseDescriptorLimit();
  }

 private:
  static uint16_t FirstPort() {
    constexpr int kPorts = kLastPort - kFirstPort;
    return static_cast<uint16_t>(kFirstPort + getpid() * 97 % kPorts);
  }

  void ResetKernel() override {
    process_.reset();
    loopback.Reset();
  }

  uint16_t ChoosePort() override {
    for (int tries = kFirstPort; tries < kLastPort; ++tries) {
      const uint16_t port = next_port_;
      next_port_ = port + 1 < kLastPort ? static_cast<uint16_t>(port + 1) : kFirstPort;
      if (IsFree(port)) return port;
    }
    throw std::system_error(EADDRINUSE, std::generic_category(), "no port for a server");
  }

  HeapUse HeapOfServer() override { return remote.heap(); }
  bool IsOffLimits(int) override { return false; }

  void Serve(const Target& target, uint16_t port, Syscalls& top) override {
    process_.emplace(memory, [&] { target.serve(port); });
    loopback.Attach(process_->pid());
    remote.Attach(process_->line());
    try {
      remote.Serve(top);
    } catch (const remote::ServerGone&) {
      loopback.LetGo();
      Die(process_->AwaitEnd());
    } catch (const remote::ServerThrew& thrown) {
      loopback.LetGo();
      Die(thrown.what());
    }
    loopback.LetGo();
  }

  std::optional<ServerProcess> process_;
  uint16_t next_port_;
};

LoopbackWorld::LoopbackWorld() : impl_(std::make_unique<Impl>()) {}
LoopbackWorld::~LoopbackWorld() = default;

std::string_view LoopbackWorld::WhyNot(const Scenario& scenario) {
  const bool vanishes =
      std::any_of(scenario.steps.begin(), scenario.steps.end(),
                  [](const Step& step) { return step.action == Action::kVanish; });
  return vanishes
             ? "a host cannot vanish from loopback, and TCP takes a quarter of an hour to notice"
             : "";
}

RunResult LoopbackWorld::Run(const Scenario& scenario, const Target& target,
                             const RunOptions& options) {
  if (!WhyNot(scenario).empty()) return {};
  return impl_->Run(scenario, target, options);
}

}  // namespace hupstorm
