// A server's side of TCP connections on a kernel, with clients to play against it. Every test of a
// layer that needs connections runs on Linux and on the simulation.

#ifndef HUPSTORM_TESTS_KERNEL_LAYERS_MACHINE_H_
#define HUPSTORM_TESTS_KERNEL_LAYERS_MACHINE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/faults/fault_injector.h"
#include "kernel/syscalls.h"

namespace hupstorm {

// What clients do has reached the server's kernel when the call returns, where the machine knows
// the server's descriptor (Accepted). No layer sees it.
class Machine : public FaultWorld {
 public:
  virtual Syscalls& kernel() = 0;

  int listener() const { return listener_; }  // blocking

  // A new client connects.
  void Connect();
  // A new client connects and is accepted, below all layers. Returns the server's descriptor.
  int Accepted(bool non_blocking);

  // The newest client.
  virtual void ClientSend(std::string_view bytes) = 0;
  virtual std::string ClientReceive(size_t most) = 0;  // waits for the first byte; "" at the end
  virtual void ClientShutdownWrite() = 0;
  virtual void ClientReset() = 0;

  // FaultWorld. Accepted connections are connections, with their descriptor as the key.
  int64_t ConnectionOf(int fd) override;
  void ResetPeerOf(int fd, bool fin_first) override;
  void OnAborted(int fd) override { aborted.push_back(fd); }

  std::vector<int> aborted;
  // A duplicate and the accepted descriptor that it stands for.
  std::pair<int, int> alias{-1, -1};

 protected:
  void Listen();
  virtual void AddClient(uint16_t port) = 0;
  // The server's descriptors by client; -1 where the machine did not accept it.
  const std::vector<int>& server_fds() const { return server_fds_; }

 private:
  int listener_ = -1;
  uint16_t port_ = 0;
  std::vector<int> server_fds_;
};

enum class MachineKind { kLinux, kSimulation };
std::unique_ptr<Machine> MakeMachine(MachineKind kind);

// A test that runs on both. Instantiate with HUPSTORM_ON_BOTH_MACHINES.
class MachineTest : public testing::TestWithParam<MachineKind> {
 protected:
  MachineTest() : holder_(MakeMachine(GetParam())), machine_(*holder_) {}

 private:
  std::unique_ptr<Machine> holder_;

 protected:
  Machine& machine_;
};

#define HUPSTORM_ON_BOTH_MACHINES(Suite)                                         \
  INSTANTIATE_TEST_SUITE_P(                                                      \
      On, Suite, testing::Values(MachineKind::kLinux, MachineKind::kSimulation), \
      [](const auto& info) { return info.param == MachineKind::kLinux ? "Linux" : "Simulation"; })

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_KERNEL_LAYERS_MACHINE_H_
