// What belongs to a client is freed a minute after it has gone, as servers that keep statistics or
// sessions do; and that of the last few is kept for good, to be used again. Bug: what belongs to a
// client whose connection breaks is forgotten.

#include <list>
#include <memory>

#include "echo_loop.h"

namespace {

class FreesLater final : public EchoLoop {
 public:
  FreesLater(int listener, bool bug) : EchoLoop(listener), bug_(bug) {}

 private:
  static constexpr std::chrono::seconds kKept{60};
  static constexpr size_t kSpare = 16;

  struct Session {
    Clock::time_point over = {};
    std::string name = std::string(100, 's');
  };

  void OnClient(Id id) override {
    if (spare_.empty()) {
      sessions_[id] = std::make_unique<Session>();
    } else {
      sessions_[id] = std::move(spare_.front());
      spare_.pop_front();
    }
  }

  void OnError(Id id) override {
    if (bug_) sessions_[id].release();
    EchoLoop::OnError(id);
  }

  void OnRound() override {
    const auto now = Clock::now();
    for (auto entry = sessions_.begin(); entry != sessions_.end();) {
      auto& [id, session] = *entry;
      if (clients_.contains(id)) {
        ++entry;
        continue;
      }
      if (session != nullptr) {
        session->over = now;
        past_.push_back(std::move(session));
      }
      entry = sessions_.erase(entry);
    }
    while (!past_.empty() && now - past_.front()->over >= kKept) {
      if (spare_.size() < kSpare) spare_.push_back(std::move(past_.front()));
      past_.pop_front();
    }
  }

  int TimeoutMs() override {
    if (past_.empty()) return -1;
    const auto left = past_.front()->over + kKept - Clock::now();
    return std::max(0, static_cast<int>(std::chrono::ceil<milliseconds>(left).count()));
  }

  const bool bug_;
  std::map<Id, std::unique_ptr<Session>> sessions_;
  std::list<std::unique_ptr<Session>> past_, spare_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  FreesLater(ListenNonBlocking(argv[1]), HasBug(argc, argv)).Run();
}
