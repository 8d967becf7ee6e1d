// Another thread makes the answers, and wakes the loop by an eventfd. Bug: it takes what came last
// first, so that the answers of a client overtake each other.

#include <sys/eventfd.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "echo_loop.h"

namespace {

struct Work {
  uint64_t id;
  std::string bytes;
};

class AnswersByThread final : public EchoLoop {
 public:
  AnswersByThread(int listener, bool bug) : EchoLoop(listener), bug_(bug) {
    extra_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    std::thread([this] { DoWork(); }).detach();
  }

 private:
  void OnInput(Id id, std::string_view bytes) override {
    clients_[id].owed += bytes.size();
    {
      const std::lock_guard lock(mutex_);
      to_do_.push_back({id, std::string(bytes)});
    }
    news_.notify_one();
  }

  void DoWork() {
    std::unique_lock lock(mutex_);
    while (true) {
      news_.wait(lock, [this] { return !to_do_.empty(); });
      const auto next = bug_ ? to_do_.end() - 1 : to_do_.begin();
      Work work = std::move(*next);
      to_do_.erase(next);
      lock.unlock();
      usleep(static_cast<useconds_t>(work.bytes.size() / 16 + 1'000));  // it is hard work
      lock.lock();
      done_.push_back(std::move(work));
      const uint64_t one = 1;
      if (write(extra_fd_, &one, sizeof one) < 0) std::abort();
    }
  }

  void OnExtra() override {
    uint64_t times = 0;
    if (read(extra_fd_, &times, sizeof times) < 0) return;
    std::deque<Work> done;
    {
      const std::lock_guard lock(mutex_);
      done.swap(done_);
    }
    for (const Work& work : done) Answer(work.id, work.bytes);
  }

  const bool bug_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<Work> to_do_, done_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  AnswersByThread(ListenNonBlocking(argv[1]), HasBug(argc, argv)).Run();
}
