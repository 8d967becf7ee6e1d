// One child process that runs scenarios, seen from its parent.

#ifndef HUPSTORM_TOOLS_ISOLATION_WORKER_H_
#define HUPSTORM_TOOLS_ISOLATION_WORKER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/captured_output.h"
#include "base/child_process.h"
#include "base/file_descriptor.h"
#include "base/shared_array.h"

namespace hupstorm {

class Worker {
 public:
  // What a worker does with the bytes of a job: the answer's bytes. An exception is sent back.
  // `progress` is seen by the parent: see progress().
  using Body = std::function<std::string(std::string_view job, std::atomic<uint64_t>& progress)>;

  // `others`: sockets of the workers that live already, which the child must not hold open. Throws
  // FailedError.
  Worker(const Body& body, std::span<const int> others);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  int socket() const { return socket_.get(); }  // readable when an answer, or the end, is there

  void Start(std::string_view job);

  // What the body wrote last: a worker whose number stands still makes no progress.
  uint64_t progress() const { return progress_->load(std::memory_order_relaxed); }

  enum class News : uint8_t { kNothingYet, kAnswer, kFailed, kDied };
  // Takes what is there; does not block. `text`: the answer; or what() of the exception that left
  // the body; or, of a dead process, how it ended.
  News Take(std::string& text);

  void Kill() { process_.Kill(); }

  // What the process wrote to its standard output and error since the last Start.
  std::string Output() const { return output_.Tail(); }

 private:
  void Serve(FileDescriptor socket, const Body& body);

  CapturedOutput output_;
  SharedArray<std::atomic<uint64_t>> progress_;
  FileDescriptor socket_;
  ChildProcess process_;
  std::string received_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_ISOLATION_WORKER_H_
