// Moves the bytes of each client through a pipe, as splice does. Pipes are kept for the next
// client, as Go keeps them: the pool grows as many clients are served at once, and then no more.
// Bug: the pipe of a client whose connection breaks is not given back.

#include "echo_loop.h"

namespace {

struct Pipe {
  int out = -1, in = -1;
};

class Pool {
 public:
  bool Take(Pipe& pipe) {
    if (!free_.empty()) {
      pipe = free_.back();
      free_.pop_back();
      return true;
    }
    int ends[2];
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0) return false;
    pipe = {ends[0], ends[1]};
    return true;
  }

  // Empty it must be: what is in it would be the next client's.
  void GiveBack(const Pipe& pipe) {
    char block[64 * 1024];
    while (read(pipe.out, block, sizeof block) > 0) {
    }
    free_.push_back(pipe);
  }

 private:
  std::vector<Pipe> free_;
};

class KeepsAPool final : public EchoLoop {
 public:
  KeepsAPool(int listener, bool bug) : EchoLoop(listener), bug_(bug) {}

 private:
  void OnClient(Id id) override {
    Pipe pipe;
    if (!pool_.Take(pipe)) return Close(id);
    pipes_[id] = pipe;
  }

  // The bytes go the way of the pipe, as if there were something to gain.
  void OnInput(Id id, std::string_view bytes) override {
    const Pipe& pipe = pipes_[id];
    std::string block(bytes.size(), '\0');
    if (write(pipe.in, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
        read(pipe.out, block.data(), block.size()) != static_cast<ssize_t>(block.size())) {
      return OnError(id);
    }
    clients_[id].output += block;
  }

  void OnError(Id id) override {
    if (bug_) pipes_.erase(id);
    EchoLoop::OnError(id);
  }

  void OnRound() override {
    std::erase_if(pipes_, [this](const auto& entry) {
      const bool is_gone = !clients_.contains(entry.first);
      if (is_gone) pool_.GiveBack(entry.second);
      return is_gone;
    });
  }

  const bool bug_;
  Pool pool_;
  std::map<Id, Pipe> pipes_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  KeepsAPool(ListenNonBlocking(argv[1]), HasBug(argc, argv)).Run();
}
