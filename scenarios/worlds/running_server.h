// A server that a command starts, from its start until it listens, and to its end.

#ifndef HUPSTORM_SCENARIOS_WORLDS_RUNNING_SERVER_H_
#define HUPSTORM_SCENARIOS_WORLDS_RUNNING_SERVER_H_

#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "kernel/linux/sight/socket_diag.h"
#include "scenarios/worlds/server_command.h"

namespace hupstorm {

class RunningServer {
 public:
  // Starts `options.command`, in which "{port}" stands for `port`. Throws std::system_error.
  RunningServer(ServerCommand::Options options, uint16_t port);

  ServerCommand& command() { return command_; }
  uint16_t port() const { return port_; }

  // Waits until the port is listened on. Empty, or why it is not, in a sentence, with what
  // the server wrote. `attend(fd, ms)` waits for so long, or until there is something to read from
  // the descriptor, and does what else is to be done meanwhile.
  std::string AwaitListening(std::chrono::milliseconds timeout,
                             const std::function<void(int fd, int ms)>& attend);

  // Its first process has ended, and its port is not listened on any more.
  bool HasEnded();

 private:
  bool Lives() const;
  std::string WhatItWrote() const;
  std::string ListensElsewhere();

  const uint16_t port_;
  ServerCommand command_;
  sight::SocketDiag diag_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_RUNNING_SERVER_H_
