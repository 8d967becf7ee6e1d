// The life of the server in a run, and how it ends.

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>

#include "kernel/stacks/script_frames.h"
#include "scenarios/worlds/scenario_run.h"

namespace hupstorm {
namespace {

// One bug kills with many a descriptor, address and count.
std::string WithoutNumbers(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
  std::string kept;
  while (true) {
    const size_t number = text.find_first_of(kDigits.substr(0, 10));
    kept += text.substr(0, number);
    if (number == std::string_view::npos) return kept;
    kept += '#';
    text.remove_prefix(number);
    const bool is_hex = text.starts_with("0x");
    if (is_hex) text.remove_prefix(2);
    const size_t end = text.find_first_not_of(kDigits.substr(0, is_hex ? 22 : 10));
    text.remove_prefix(std::min(end, text.size()));
  }
}

}  // namespace

void ScenarioRun::Serve(const Target& target) {
  throws_.Start(options_->find_blame || !options_->stacks_at.empty());
  try {
    host_.Serve(target, port_, top());
    while (script_.restarts()) {
      script_.NoteRestarted();
      starts_again_ = true;
      faults_before_start_ = injector_.injected();
      host_.Serve(target, port_, top());
    }
    if (ledger_.asked_to_stop) {
      ledger_.stopped = true;
    } else if (!ledger_.dead) {
      Die("serve() returned although nobody had asked the server to stop");
    }
  } catch (const EndOfRun&) {
    // Ended by the script, or killed by a signal, which is written down already.
  } catch (const WorldFailed&) {
    throw;
  } catch (const std::exception& error) {
    DieOfException(fmt::format("uncaught exception: {}", error.what()));
  } catch (...) {
    DieOfException("uncaught exception that is not a std::exception");
  }
}

// It was thrown where it was, whatever has been called before, unless that says of a call that it
// has failed.
void ScenarioRun::DieOfException(std::string what) {
  const std::optional<Throws::Thrown> thrown = throws_.Current();
  if (!thrown) return Die(std::move(what));
  const MadeCall* const call = ledger_.calls.Find(thrown->call);
  ReportDeath(std::move(what), thrown->stack,
              call != nullptr && call->error != 0 ? thrown->call : 0);
}

void ScenarioRun::Die(std::string what, CallStack stack, bool is_fault) {
  const bool is_there = is_fault && !stack.frames.empty();
  ReportDeath(std::move(what), std::move(stack), is_there ? 0 : ledger_.calls.LastBeforeDeath());
}

void ScenarioRun::ReportDeath(std::string what, CallStack stack, uint64_t call) {
  ledger_.dead = true;
  AddTraceback(monitor_.log().last_lines(), stack);
  if (!stack.frames.empty() || !stack.script.empty()) {
    stack.death = true;
    result_.stacks.push_back(std::move(stack));
  }
  // A server that cannot start may say so and end. (The first start is left alone.)
  const bool was_hindered =
      ledger_.resource_shortage || injector_.injected() > faults_before_start_;
  if (starts_again_ && was_hindered) return;
  const uint64_t context = StableHash(WithoutNumbers(what)) ^ monitor_.last_call();
  judge_.Report(ledger_.deaths, {.what = std::move(what),
                                 .client = monitor_.last_client(),
                                 .context = context,
                                 .call = call});
}

void ScenarioRun::EndInDeadlock(std::string what, uint64_t context) {
  judge_.Report(ledger_.deadlocks, {.what = std::move(what), .client = -1, .context = context});
  EndRun();
}

}  // namespace hupstorm
