// Signals to the program, and how it ends.

#include <fmt/format.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "scenarios/worlds/inside/inside_host.h"
#include "scenarios/worlds/last_words.h"

namespace hupstorm::inside {

void InsideHost::EndProcess(int status) {
  while (true) syscall(SYS_exit_group, status);
}

// True if the program's timers have sent it any.
bool InsideHost::SendDueSignals() {
  bool any = false;
  while (const auto timer = TakeDueTimer()) {
    any = true;
    if (timer->routine != nullptr) {
      StartThreadOf(*timer);
    } else if (timer->signal.si_signo != 0) {
      SendSignal(timer->thread, timer->signal);
    }
  }
  return any;
}

void InsideHost::OnExit(int status) {
  if (stage_ != Stage::kOnScenario) return;
  if (run_.ledger().asked_to_stop) EndAsAsked();
  run_.Die(fmt::format("it called exit({})", status & 0xff), StackHere());
  EndJob();
}

void InsideHost::EndAsAsked() {
  // Linux closes what is left.
  for (int fd; (fd = kernel_.NextDescriptor(0)) >= 0;) Invoke<Call::kClose>(kernel_, fd);
  run_.ledger().stopped = true;
  EndJob();
}

void InsideHost::OnFault(int number) {
  if (stage_ != Stage::kOnScenario) return;
  run_.Die(EndOfProcess(number), StackHere(), IsFault(number));
  EndJob();
}

CallStack InsideHost::StackHere() {
  WalkToServer(stack_);
  return ToCallStack(stack_);
}

void InsideHost::SendSignal(int thread, int number) {
  siginfo_t signal = {};
  signal.si_signo = number;
  SendSignal(thread, signal);
}

void InsideHost::SendSignal(int thread, const siginfo_t& signal) {
  const int number = signal.si_signo;
  const bool has_threads = scheduler_.has_threads();
  void* const former =
      has_threads ? kernel_.ExchangeSleepingCall(scheduler_.SleepingCallOf(thread)) : nullptr;
  const uint64_t interruptions = kernel_.interruptions();
  const auto disposition = kernel_.RaiseSignal(signal);
  if (has_threads) kernel_.ExchangeSleepingCall(former);
  if (kernel_.interruptions() != interruptions && has_threads) scheduler_.Interrupt(thread);
  if (disposition != DrivenKernel::Disposition::kDefault) return;
  if (stage_ != Stage::kOnScenario) EndProcess(128 + number);
  // Its handler has put things in order, and lets the signal do the rest.
  if (number == SIGTERM && run_.ledger().asked_to_stop) EndAsAsked();
  run_.Die(EndOfProcess(number));
  EndJob();
}

void InsideHost::OnFork() {
  if (stage_ == Stage::kOnScenario || stage_ == Stage::kWarmingUp) {
    OnRefused("it forks processes while it serves");
  }
}

void InsideHost::OnRefused(std::string_view why) {
  if (!line_.is_connected() && !line_.Connect(driver_)) EndProcess(1);
  line_.Send(MessageKind::kRefused, why);
  EndProcess(1);
}

}  // namespace hupstorm::inside
