// What comes before the script: the server sleeps for the first time, and if its code is not known
// a client comes and goes.

#ifndef HUPSTORM_SCENARIOS_WORLDS_WARM_UP_H_
#define HUPSTORM_SCENARIOS_WORLDS_WARM_UP_H_

#include "scenarios/worlds/scenario_clients.h"
#include "scenarios/worlds/server_host.h"
#include "scenarios/worlds/time_line.h"

namespace hupstorm {

class WarmUp {
 public:
  WarmUp(ScenarioClients& clients, TimeLine& time_line, ServerHost& host)
      : clients_(clients), time_line_(time_line), host_(host) {}

  void Start() { phase_ = Phase::kStarting; }  // for a new run
  // The server has not slept yet.
  bool IsStarting() const { return phase_ == Phase::kStarting; }

  // The server sleeps. True if something happened that it may notice; false once it is ready.
  bool Continue() {
    switch (phase_) {
      case Phase::kStarting:
        if (!host_.NeedsWarmUp()) break;
        time_line_.Note(TimeLineEntry::Kind::kEpilogue,
                        "a client comes and goes, so that the server has warmed up");
        client_ = clients_.ConnectProbe();
        phase_ = Phase::kSpoken;
        return true;
      case Phase::kSpoken:
        clients_.CloseNow(client_);
        phase_ = Phase::kClosed;
        return true;
      case Phase::kClosed:
        clients_.StartRound();
        break;
    }
    host_.OnReady();
    return false;
  }

 private:
  enum class Phase : uint8_t {
    kStarting,
    kSpoken,  // the client has connected and spoken
    kClosed,
  };

  ScenarioClients& clients_;
  TimeLine& time_line_;
  ServerHost& host_;
  Phase phase_ = Phase::kStarting;
  int client_ = -1;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_WARM_UP_H_
