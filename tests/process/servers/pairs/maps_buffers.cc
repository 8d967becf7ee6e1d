// Takes a buffer for each client from the kernel, as allocators do, and gives it back. Bug: that of
// a client whose connection breaks is not given back.

#include <sys/mman.h>

#include "echo_loop.h"

namespace {

class MapsBuffers final : public EchoLoop {
 public:
  MapsBuffers(int listener, bool bug) : EchoLoop(listener), bug_(bug) {}

 private:
  static constexpr size_t kSize = 64 * 1024;

  void OnClient(Id id) override {
    buffers_[id] = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }

  // The bytes go the way of the buffer, as if there were something to gain.
  void OnInput(Id id, std::string_view bytes) override {
    while (!bytes.empty()) {
      const size_t size = std::min(bytes.size(), kSize);
      std::memcpy(buffers_[id], bytes.data(), size);
      clients_[id].output.append(static_cast<const char*>(buffers_[id]), size);
      bytes.remove_prefix(size);
    }
  }

  void OnError(Id id) override {
    if (bug_) buffers_.erase(id);
    EchoLoop::OnError(id);
  }

  void OnRound() override {
    std::erase_if(buffers_, [this](const auto& entry) {
      const bool is_gone = !clients_.contains(entry.first);
      if (is_gone) munmap(entry.second, kSize);
      return is_gone;
    });
  }

  const bool bug_;
  std::map<Id, void*> buffers_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  MapsBuffers(ListenNonBlocking(argv[1]), HasBug(argc, argv)).Run();
}
