// Targets as other people's servers: each in a process of its own, on Linux, with nothing of
// hupstorm's between it and its calls.

#ifndef HUPSTORM_TESTS_PROCESS_THIRD_PARTY_SERVER_H_
#define HUPSTORM_TESTS_PROCESS_THIRD_PARTY_SERVER_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "scenarios/worlds/outside_world.h"
#include "target/target.h"

namespace hupstorm {

// One process at a time.
class ThirdPartyServer {
 public:
  // `serve` is called in the child, with the port to listen on.
  explicit ThirdPartyServer(std::function<void(uint16_t)> serve) : serve_(std::move(serve)) {}
  ~ThirdPartyServer() { Stop(); }
  ThirdPartyServer(const ThirdPartyServer&) = delete;
  ThirdPartyServer& operator=(const ThirdPartyServer&) = delete;

  // Ends the last one, starts another, and returns when it listens.
  OutsideServer::Instance Start();
  std::optional<OutsideServer::End> Ended();
  void Stop();
  pid_t pid() const { return pid_; }

  // For OutsideWorld. Must not outlive this.
  OutsideServer AsOutsideServer();

 private:
  std::function<void(uint16_t)> serve_;
  pid_t pid_ = -1;
  int output_ = -1;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_PROCESS_THIRD_PARTY_SERVER_H_
