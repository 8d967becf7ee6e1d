// Looks again for a millisecond before it sleeps, as those do that must not be late. Bug: when a
// client has finished and its answer has not left, it goes on looking.

#include "echo_loop.h"

namespace {

class SpinsBeforeItSleeps final : public EchoLoop {
 public:
  SpinsBeforeItSleeps(int listener, bool bug) : EchoLoop(listener), bug_(bug) {}

 private:
  int Wait(std::vector<pollfd>& watched, int timeout_ms) override {
    const Clock::time_point begin = Clock::now();
    while (Clock::now() - begin < milliseconds(1) || (bug_ && SomebodyIsFinished())) {
      const int count = EchoLoop::Wait(watched, 0);
      if (count != 0 || timeout_ms == 0) return count;
    }
    return EchoLoop::Wait(watched, timeout_ms);
  }

  bool SomebodyIsFinished() const {
    return std::any_of(clients_.begin(), clients_.end(),
                       [](const auto& entry) { return entry.second.finished; });
  }

  const bool bug_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  SpinsBeforeItSleeps(ListenNonBlocking(argv[1]), HasBug(argc, argv)).Run();
}
