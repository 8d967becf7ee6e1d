// One child process that runs scenarios, seen from its parent.

#ifndef HUPSTORM_TOOLS_ISOLATION_WORKER_H_
#define HUPSTORM_TOOLS_ISOLATION_WORKER_H_

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hupstorm {

class Worker {
 public:
  // What a worker does with the bytes of a job: the answer's bytes. An exception is sent back.
  // `progress` is seen by the parent: see progress().
  using Body = std::function<std::string(std::string_view job, std::atomic<uint64_t>& progress)>;

  // `others`: sockets of the workers that live already, which the child must not hold open. Throws
  // FailedError.
  Worker(const Body& body, std::span<const int> others);
  ~Worker();  // kills the process if it still lives
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  int socket() const { return socket_; }  // readable when an answer, or the end, is there

  void Start(std::string_view job);

  // What the body wrote last: a worker whose number stands still makes no progress.
  uint64_t progress() const { return progress_->load(std::memory_order_relaxed); }

  enum class News : uint8_t { kNothingYet, kAnswer, kFailed, kDied };
  // Takes what is there; does not block. `text`: the answer; or what() of the exception that left
  // the body; or, of a dead process, how it ended.
  News Take(std::string& text);

  void Kill();  // SIGKILL, and waits for the end

  // What the process wrote to its standard output and error since the last Start.
  std::string Output() const;

 private:
  [[noreturn]] void Serve(int socket, pid_t parent, const Body& body);
  std::string WaitForEnd();
  void Release();  // what the constructor took, but for the process

  pid_t pid_ = -1;
  int socket_ = -1;
  int output_ = -1;
  std::atomic<uint64_t>* progress_ = nullptr;  // shared between the two processes
  std::string received_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_ISOLATION_WORKER_H_
