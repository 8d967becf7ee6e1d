// Answers a millisecond later, by a timer that sends a signal (timer_create(2)); a watchdog, by
// alarm(2), would end it after a minute in which it was never woken. Bug: what is not answered when
// the client half-closes is forgotten.

#include <signal.h>
#include <time.h>

#include <cstdlib>
#include <deque>

#include "echo_loop.h"

namespace {

int due[2];  // a pipe: an answer is

class AnswersBySignal final : public EchoLoop {
 public:
  AnswersBySignal(int listener, bool bug) : EchoLoop(listener), bug_(bug) {
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

  void OnInput(Id id, std::string_view bytes) override {
    clients_[id].owed += bytes.size();
    if (answers_.empty()) {
      const itimerspec in_a_millisecond = {{0, 0}, {0, 1'000'000}};
      timer_settime(timer_, 0, &in_a_millisecond, nullptr);
    }
    answers_.push_back({id, std::string(bytes)});
  }

  void OnExtra() override {
    char some[16];
    if (read(due[0], some, sizeof some) < 0) return;
    std::deque<Late> late;
    late.swap(answers_);
    for (const Late& answer : late) Answer(answer.id, answer.bytes);
  }

  void OnEnd(Id id) override {
    if (bug_) clients_[id].owed = 0;
    EchoLoop::OnEnd(id);
  }

  struct Late {
    Id id;
    std::string bytes;
  };

  const bool bug_;
  timer_t timer_ = {};
  std::deque<Late> answers_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  AnswersBySignal(ListenNonBlocking(argv[1]), HasBug(argc, argv)).Run();
}
