// Answers a millisecond later, by a timer, as one that batches. Bug: what is not answered when the
// client half-closes is forgotten.

#include <sys/timerfd.h>

#include <deque>

#include "echo_loop.h"

namespace {

class AnswersByTimer final : public EchoLoop {
 public:
  AnswersByTimer(int listener, bool bug) : EchoLoop(listener), bug_(bug) {
    extra_fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  }

 private:
  void OnInput(Id id, std::string_view bytes) override {
    clients_[id].owed += bytes.size();
    if (answers_.empty()) {
      const itimerspec in_a_millisecond = {{0, 0}, {0, 1'000'000}};
      timerfd_settime(extra_fd_, 0, &in_a_millisecond, nullptr);
    }
    answers_.push_back({id, std::string(bytes)});
  }

  void OnExtra() override {
    uint64_t times = 0;
    if (read(extra_fd_, &times, sizeof times) < 0) return;
    std::deque<Late> due;
    due.swap(answers_);
    for (const Late& late : due) Answer(late.id, late.bytes);
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
  std::deque<Late> answers_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  AnswersByTimer(ListenNonBlocking(argv[1]), HasBug(argc, argv)).Run();
}
