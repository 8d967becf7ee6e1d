// What a world does in its own way when a scenario is run on it.

#ifndef HUPSTORM_SCENARIOS_WORLDS_SERVER_HOST_H_
#define HUPSTORM_SCENARIOS_WORLDS_SERVER_HOST_H_

#include <cstdint>
#include <string>

#include "kernel/heap/heap_meter.h"
#include "kernel/heap/heap_sizes.h"
#include "kernel/stacks/stack_walk.h"
#include "kernel/syscalls.h"
#include "target/target.h"

namespace hupstorm {

// Thrown out of the server's blocked call to end the run. Not a std::exception, so that a server
// that catches those does not catch it.
struct EndOfRun {};

class ServerHost {
 public:
  virtual ~ServerHost() = default;

  // Makes the kernel as new. Returns the port that the server of the next run is to listen on.
  virtual uint16_t Prepare() = 0;
  // Runs the server with `top` for its kernel, until it returns or throws, or EndOfRun is thrown
  // out of one of its calls. Any other exception is taken for the server's death, but for
  // WorldFailed.
  virtual void Serve(const Target& target, uint16_t port, Syscalls& top) = 0;

  // Before Prepare: whether TakeStack will be called.
  virtual void SetWantsStacks(bool) {}
  // The stack on which the server makes this call; null if it cannot be had. `call` is what the
  // shim has handed over, not a copy.
  virtual SharedStack TakeStack(const SystemCall& call) {
    static_cast<void>(call);
    return nullptr;
  }

  // Of a server whose heap is seen in this process: who hears of its blocks (null: nobody), and the
  // stack on which one is made; `inner` as in HeapListener::OnMade.
  virtual void Listen(HeapListener*) {}
  virtual void WalkStack(StackWalk& stack, const void* inner) {
    static_cast<void>(inner);
    stack.Clear();
  }

  // The server's heap; zeros if its blocks are not counted, and then its heap is not judged.
  virtual HeapUse Heap() = 0;
  // Of a server whose code is not known, for which Heap() says nothing.
  virtual HeapBlocks BlocksBySize() { return {}; }
  // Bytes of memory that the server has, to be compared with what it holds for its clients.
  virtual int64_t Memory() { return Heap().bytes; }

  // True for a server whose code is not known. A client then comes and goes before the script, so
  // that what the server makes once and keeps (a log, a pool) is there when descriptors are
  // counted.
  virtual bool NeedsWarmUp() { return false; }
  // The server runs in this process, so that what it opens past its kernel (files) is open here.
  virtual bool RunsHere() { return false; }
  // A descriptor of the harness in the server's process: the server cannot close it.
  virtual bool IsOffLimits(int) { return false; }
  // The call that the layers see was made already: nothing can be done about it.
  virtual bool IsInRetrospect() const { return false; }
  // The server has begun to serve. What it does before that is not judged, and nothing is let
  // happen. Once true it stays so for the run.
  virtual bool IsServing() const { return true; }
  // A server that is at rest is known to be: nothing is on its way to it, and it sleeps.
  virtual bool KnowsRest() const { return true; }
  // The server may go on with its next call before the layers have seen the last one, as long as no
  // fault may change results. False for several threads: their calls would no longer be in order.
  virtual bool MayRunAhead() { return true; }

  // ---- For a world in which a server outlives a scenario.
  // The server has started (and is warm) and sleeps; the script begins when this returns. May call
  // ScenarioRun::BeginScenario.
  virtual void OnReady() {}
  // Puts the thread that has made a call before its line of the time line, "[3 worker] ", if there
  // are several.
  virtual void MarkThread(std::string&) {}
  // All rounds are over and the server is at rest. True if another scenario goes on with the server
  // as it is: ScenarioRun::FinishRun and BeginScenario were called.
  virtual bool GoesOnWithNext() { return false; }
  // Leaves the server's blocked call and does not come back to it: ends the run.
  [[noreturn]] virtual void LeaveServer() { throw EndOfRun{}; }
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_SERVER_HOST_H_
