// Answers a millisecond later, by a timer that sends a signal (timer_create(2)); a watchdog, by
// alarm(2), would end it after a minute in which it was never woken.

#include <signal.h>

#include <cstdlib>

#include "answers_later.h"

namespace {

int due[2];  // a pipe: an answer is

class AnswersBySignal final : public AnswersLater {
 public:
  AnswersBySignal(int listener, bool bug) : AnswersLater(listener, bug) {
    if (pipe2(due, O_NONBLOCK | O_CLOEXEC) < 0) std::abort();
    extra_fd_ = due[0];
    struct sigaction action = {};
    action.sa_sigaction = [](int, siginfo_t* info, void*) {
      if (write(*static_cast<int*>(info->si_value.sival_ptr), "", 1) < 0) return;
    };
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGUSR1, &action, nullptr);
    sigevent event = {};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGUSR1;
    event.sigev_value.sival_ptr = &due[1];
    if (timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) std::abort();
  }

 private:
  int TimeoutMs() override {
    alarm(60);
    return 50'000;
  }

  void SetTimer(const itimerspec& value) override { timer_settime(timer_, 0, &value, nullptr); }

  void OnExtra() override {
    char some[16];
    if (read(due[0], some, sizeof some) > 0) AnswerAll();
  }

  timer_t timer_ = {};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  AnswersBySignal(ListenNonBlocking(argv[1]), HasBug(argc, argv)).Run();
}
