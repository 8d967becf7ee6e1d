// The exceptions that a server throws in this process, for the one that ends it: where it was
// thrown, and whether a call that had failed was why.

#ifndef HUPSTORM_SCENARIOS_WORLDS_THROWS_H_
#define HUPSTORM_SCENARIOS_WORLDS_THROWS_H_

#include <cstdint>
#include <map>
#include <optional>

#include "kernel/stacks/call_stack.h"
#include "kernel/stacks/stack_walk.h"
#include "kernel/stacks/throws.h"
#include "scenarios/oracles/ledger.h"
#include "scenarios/worlds/server_host.h"

namespace hupstorm {

class Throws final : private ThrowListener {
 public:
  struct Thrown {
    CallStack stack;
    // The last call in Ledger::calls, if it was made since something else was thrown; otherwise 0.
    uint64_t call = 0;
  };

  Throws(const Ledger& ledger, ServerHost& host) : ledger_(ledger), host_(host) {}

  ~Throws() override { Start(false); }

  // For a new run. Hears of the throws of this thread's server, if they are wanted.
  void Start(bool wanted);
  // Of the exception that is being handled; nothing if it was not heard of.
  std::optional<Thrown> Current() const;

 private:
  void OnThrow(const void* exception, const void* inner) override;

  const Ledger& ledger_;
  ServerHost& host_;
  // By the object. What has been caught lies here until another is thrown at its address.
  std::map<const void*, Thrown> thrown_;
  uint64_t last_call_ = 0;  // when something was thrown last
  StackWalk walk_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_THROWS_H_
