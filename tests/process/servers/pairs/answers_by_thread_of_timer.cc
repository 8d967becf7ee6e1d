// Answers a millisecond later, by a timer that starts a thread (timer_create(2), SIGEV_THREAD).

#include <signal.h>

#include <cstdlib>

#include "answers_later.h"

namespace {

int due[2];  // a pipe: an answer is

class AnswersByThreadOfTimer final : public AnswersLater {
 public:
  AnswersByThreadOfTimer(int listener, bool bug) : AnswersLater(listener, bug) {
    if (pipe2(due, O_NONBLOCK | O_CLOEXEC) < 0) std::abort();
    extra_fd_ = due[0];
    sigevent event = {};
    event.sigev_notify = SIGEV_THREAD;
    event.sigev_value.sival_ptr = &due[1];
    event.sigev_notify_function = [](sigval value) {
      if (write(*static_cast<int*>(value.sival_ptr), "", 1) < 0) return;
    };
    if (timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) std::abort();
  }

 private:
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
  AnswersByThreadOfTimer(ListenNonBlocking(argv[1]), HasBug(argc, argv)).Run();
}
