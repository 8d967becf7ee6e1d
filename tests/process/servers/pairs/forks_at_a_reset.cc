// A correct echo server that forks when a client has reset its connection: forks_at_a_reset PORT

#include <sys/wait.h>

#include "echo_loop.h"

namespace {

class ForksAtAReset final : public EchoLoop {
 public:
  using EchoLoop::EchoLoop;

 private:
  void OnError(Id id) override {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, nullptr, 0);
    EchoLoop::OnError(id);
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  ForksAtAReset(ListenNonBlocking(argv[1])).Run();
}
