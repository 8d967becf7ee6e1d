// Closes a client with which nothing has moved for five seconds. Bug: it forgets such a client, and
// leaves its descriptor open.

#include "echo_loop.h"

namespace {

constexpr milliseconds kPatience{5000};

class ClosesIdle final : public EchoLoop {
 public:
  ClosesIdle(int listener, bool bug) : EchoLoop(listener), bug_(bug) {}

 private:
  static bool IsIdle(const Client& client) { return client.output.empty() && !client.finished; }

  int TimeoutMs() override {
    int timeout = -1;
    for (const auto& [id, client] : clients_) {
      if (!IsIdle(client)) continue;
      const auto left = std::chrono::ceil<milliseconds>(client.moved + kPatience - Clock::now());
      const int ms = std::max(0, static_cast<int>(left.count()));
      if (timeout < 0 || ms < timeout) timeout = ms;
    }
    return timeout;
  }

  void OnRound() override {
    std::vector<Id> over;
    for (const auto& [id, client] : clients_) {
      if (IsIdle(client) && Clock::now() - client.moved >= kPatience) over.push_back(id);
    }
    for (const Id id : over) {
      if (bug_) {
        clients_.erase(id);
      } else {
        Close(id);
      }
    }
  }

  const bool bug_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  ClosesIdle(ListenNonBlocking(argv[1]), HasBug(argc, argv)).Run();
}
