#include "tools/isolation/worker.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <system_error>
#include <vector>

#include "base/resource_limit.h"
#include "scenarios/worlds/last_words.h"
#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

constexpr int kOutOfReach = 900;  // descriptor numbers that no server in the simulation comes upon

bool SendAll(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

template <typename Number>
std::string_view AsBytes(const Number& number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

// An answer on the wire: this, then `size` bytes.
struct Header {
  uint64_t size;
  uint64_t failed;  // the bytes are what() of an exception
};

bool ReceiveAll(int socket, void* bytes, size_t size) {
  return size == 0 || recv(socket, bytes, size, MSG_WAITALL) == static_cast<ssize_t>(size);
}

// A job on the wire: its size, then its bytes.
bool ReceiveJob(int socket, std::string& job) {
  uint64_t size = 0;
  if (!ReceiveAll(socket, &size, sizeof size)) return false;
  job.resize(size);
  return ReceiveAll(socket, job.data(), job.size());
}

}  // namespace

Worker::Worker(const Body& body, std::span<const int> others) try {
  auto [ours, theirs] = MakeSocketPair();
  socket_ = std::move(ours);
  process_ = ChildProcess([&, &end = theirs] {
    socket_.reset();
    for (const int other : others) close(other);
    Serve(std::move(end), body);
  });
} catch (const std::system_error& error) {
  throw FailedError(fmt::format("cannot start a worker process: {}", error.what()));
}

void Worker::Serve(FileDescriptor socket, const Body& body) {
  ForbidCoreFiles();  // a crash here is a finding, not a thing to keep
  output_.TakeStreams();
  // A server that closes numbers it does not own must not hit the worker's own.
  socket = MoveUp(std::move(socket), kOutOfReach);
  std::string job;
  while (ReceiveJob(socket.get(), job)) {
    output_.Clear();
    std::string answer;
    Header header{0, 0};
    try {
      answer = body(job, *progress_);
    } catch (const std::exception& error) {
      answer = error.what();
      header.failed = 1;
    }
    header.size = answer.size();
    if (!SendAll(socket.get(), AsBytes(header)) || !SendAll(socket.get(), answer)) return;
  }
}

void Worker::Start(std::string_view job) {
  // Where the worker has died in the meantime the send fails, and Take will say so.
  const uint64_t size = job.size();
  if (SendAll(socket_.get(), AsBytes(size))) SendAll(socket_.get(), job);
}

Worker::News Worker::Take(std::string& text) {
  char block[64 << 10];
  while (true) {
    Header header;
    if (received_.size() >= sizeof header) {
      std::memcpy(&header, received_.data(), sizeof header);
      if (received_.size() - sizeof header >= header.size) {
        text = received_.substr(sizeof header, header.size);
        received_.erase(0, sizeof header + header.size);
        return header.failed != 0 ? News::kFailed : News::kAnswer;
      }
    }
    const ssize_t count = recv(socket_.get(), block, sizeof block, MSG_DONTWAIT);
    if (count > 0) {
      received_.append(block, static_cast<size_t>(count));
    } else if (count < 0 && errno == EINTR) {
      continue;
    } else if (count < 0 && errno == EAGAIN) {
      return News::kNothingYet;
    } else {
      text = EndOfProcess(process_.Wait());
      return News::kDied;
    }
  }
}

}  // namespace hupstorm
