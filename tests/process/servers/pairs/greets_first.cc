// Greets whoever comes, and says no more. Bug: it does not look at who is greeted any more, and so
// leaves a client open that has finished.

#include "echo_loop.h"

namespace {

class GreetsFirst final : public EchoLoop {
 public:
  GreetsFirst(int listener, bool bug) : EchoLoop(listener), bug_(bug) {}

 private:
  void OnClient(Id id) override { clients_[id].output = "220 hello\r\n"; }
  void OnInput(Id, std::string_view) override {}
  void OnEnd(Id id) override {
    EchoLoop::OnEnd(id);
    if (bug_) ++clients_[id].owed;  // something is always missing
  }

  const bool bug_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  GreetsFirst(ListenNonBlocking(argv[1]), HasBug(argc, argv)).Run();
}
