// The inside world: somebody else's program on the simulated kernel, in its own process. The
// program is started once, and forked for each scenario where it sleeps for the first time
// (inside/inside_host.h). As fast, as repeatable and as thorough as the simulated world.

#ifndef HUPSTORM_SCENARIOS_WORLDS_INSIDE_INSIDE_WORLD_H_
#define HUPSTORM_SCENARIOS_WORLDS_INSIDE_INSIDE_WORLD_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "scenarios/worlds/world.h"

namespace hupstorm {

struct InsideOptions {
  std::string command;  // for /bin/sh; "{port}" stands for the port to listen on
  std::string library;  // of libhupstorm_inside.so
  // How long the program may take until it listens and sleeps.
  std::chrono::milliseconds start_timeout{10'000};
  // Of the worker that the program is started by: what the program is told that its process number
  // is (getpid(2)) depends on it, and on nothing else. Some seed their random numbers with that;
  // some name files by it, so it is another for each that runs at the same time.
  int worker = 0;
  // A fuzzer's map that the program fills in (shmget); -1: none. coverage_size() bytes.
  int coverage_map = -1;
};

class InsideWorld final : public World {
 public:
  // Throws std::system_error.
  explicit InsideWorld(InsideOptions options);
  ~InsideWorld() override;  // ends the program

  // Starts the program for `target`, if that has not been done. Empty, or why it cannot live here,
  // in a sentence with "it" for the program.
  std::string WhyNot(const Target& target);
  // Bytes of a fuzzer's map that the program fills in, once WhyNot has started it: its own edges,
  // if it was built with coverage, and its calls.
  size_t coverage_size() const;
  // Why a scenario cannot run in this world; empty if it can.
  static std::string_view WhyNot(const Scenario& scenario);

  // The target's serve() is not called; its name and protocol are used. A program that cannot live
  // here is a WorldFailed.
  RunResult Run(const Scenario& scenario, const Target& target, const RunOptions& options) override;

 private:
  RunResult RunOnce(const Scenario& scenario, const Target& target, const RunOptions& options);
  class Program;
  InsideOptions options_;
  std::unique_ptr<Program> program_;
  const Target* target_ = nullptr;  // that the program was started for
  bool is_new_ = true;              // the program: it has done nothing yet
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_INSIDE_INSIDE_WORLD_H_
