// Answers a millisecond later, by a timer, as one that batches.

#include <sys/timerfd.h>

#include "answers_later.h"

namespace {

class AnswersByTimer final : public AnswersLater {
 public:
  AnswersByTimer(int listener, bool bug) : AnswersLater(listener, bug) {
    extra_fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  }

 private:
  void SetTimer(const itimerspec& value) override {
    timerfd_settime(extra_fd_, 0, &value, nullptr);
  }

  void OnExtra() override {
    uint64_t times = 0;
    if (read(extra_fd_, &times, sizeof times) > 0) AnswerAll();
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  AnswersByTimer(ListenNonBlocking(argv[1]), HasBug(argc, argv)).Run();
}
