// Takes a hundred clients, and turns others away. Bug: one whose connection breaks is counted for
// ever.

#include "echo_loop.h"

namespace {

constexpr size_t kMostClients = 100;

class TakesAHundred final : public EchoLoop {
 public:
  TakesAHundred(int listener, bool bug) : EchoLoop(listener), bug_(bug) {}

 private:
  void OnClient(Id id) override {
    if (clients_.size() + broken_ > kMostClients) Close(id);
  }

  void OnError(Id id) override {
    if (bug_) ++broken_;
    EchoLoop::OnError(id);
  }

  const bool bug_;
  size_t broken_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  TakesAHundred(ListenNonBlocking(argv[1]), HasBug(argc, argv)).Run();
}
