// Writes a line about all that it does, and some more. Bug: it gives up at an error of a client.

#include <cstdio>

#include "echo_loop.h"

namespace {

class LogsWithoutEnd final : public EchoLoop {
 public:
  LogsWithoutEnd(int listener, bool bug) : EchoLoop(listener), bug_(bug) {}

 private:
  static void Log(Id id, const char* what) {
    for (int i = 0; i < 100; ++i) std::fprintf(stderr, "client %lu: %s, %d\n", id, what, i);
  }

  void OnClient(Id id) override { Log(id, "has come"); }
  void OnInput(Id id, std::string_view bytes) override {
    Log(id, "has sent something");
    EchoLoop::OnInput(id, bytes);
  }
  void OnEnd(Id id) override {
    Log(id, "has finished");
    EchoLoop::OnEnd(id);
  }
  void OnError(Id id) override {
    Log(id, "has an error");
    if (bug_) std::exit(1);
    EchoLoop::OnError(id);
  }

  const bool bug_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  LogsWithoutEnd(ListenNonBlocking(argv[1]), HasBug(argc, argv)).Run();
}
