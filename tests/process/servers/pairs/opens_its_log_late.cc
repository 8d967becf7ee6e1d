// Opens a log at the first error of a client. Bug: at each.

#include "echo_loop.h"

namespace {

class OpensItsLogLate final : public EchoLoop {
 public:
  OpensItsLogLate(int listener, bool bug) : EchoLoop(listener), bug_(bug) {}

 private:
  void OnError(Id id) override {
    if (log_ < 0 || bug_) log_ = open("/dev/null", O_WRONLY | O_APPEND | O_CLOEXEC);
    static constexpr char kLine[] = "warning: a client had an error\n";
    if (log_ < 0) return EchoLoop::OnError(id);  // no descriptor was free
    if (write(log_, kLine, sizeof kLine - 1) < 0) std::abort();
    EchoLoop::OnError(id);
  }

  const bool bug_;
  int log_ = -1;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  OpensItsLogLate(ListenNonBlocking(argv[1]), HasBug(argc, argv)).Run();
}
