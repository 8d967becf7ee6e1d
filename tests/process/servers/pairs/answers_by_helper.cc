// A process of its own makes the answers, and gets the work by a socket. Bug: work that does not
// fit into that socket now is dropped.

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <deque>

#include "echo_loop.h"

namespace {

struct Work {
  uint64_t id = 0;
  size_t size = 0;
  char bytes[2048];
};

// What the helper does: it gives back what it gets.
[[noreturn]] void Help(int fd) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  Work work;
  while (true) {
    const ssize_t count = recv(fd, &work, sizeof work, 0);
    if (count <= 0) _exit(0);
    send(fd, &work, static_cast<size_t>(count), MSG_NOSIGNAL);
  }
}

class AnswersByHelper final : public EchoLoop {
 public:
  AnswersByHelper(int listener, bool bug) : EchoLoop(listener), bug_(bug) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) std::exit(1);
    if (fork() == 0) {
      close(listener);
      close(ends[0]);
      Help(ends[1]);
    }
    close(ends[1]);
    extra_fd_ = ends[0];
  }

 private:
  void OnInput(Id id, std::string_view bytes) override {
    clients_[id].owed += bytes.size();
    for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), sizeof Work::bytes))) {
      Work& work = to_do_.emplace_back();
      work.id = id;
      work.size = std::min(bytes.size(), sizeof work.bytes);
      std::memcpy(work.bytes, bytes.data(), work.size);
    }
    HandOut();
  }

  void HandOut() {
    // No more is under way than both directions take: neither process waits for the other.
    while (!to_do_.empty() && under_way_ < kMostUnderWay) {
      if (send(extra_fd_, &to_do_.front(), sizeof(Work), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) break;
      to_do_.pop_front();
      ++under_way_;
    }
    if (bug_) to_do_.clear();
  }

  void OnExtra() override {
    Work work;
    while (recv(extra_fd_, &work, sizeof work, MSG_DONTWAIT) == sizeof work) {
      --under_way_;
      Answer(work.id, {work.bytes, work.size});
    }
    HandOut();
  }

  static constexpr int kMostUnderWay = 8;

  const bool bug_;
  int under_way_ = 0;
  std::deque<Work> to_do_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  AnswersByHelper(ListenNonBlocking(argv[1]), HasBug(argc, argv)).Run();
}
