#include "tools/isolation/worker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include "scenarios/worlds/last_words.h"
#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

constexpr rlim_t kMostOutput = 16 << 20;  // bytes of a server's own output that are kept
constexpr size_t kMostShown = 256 << 10;  // of which the last are looked at
constexpr int kOutOfReach = 900;  // descriptor numbers that no server in the simulation comes upon

[[noreturn]] void Fail(const char* what) {
  throw FailedError(
      fmt::format("cannot start a worker process: {}: {}", what, std::strerror(errno)));
}

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

// A server that closes numbers it does not own must not hit the worker's own.
int MoveOutOfReach(int fd) {
  const int moved = fcntl(fd, F_DUPFD_CLOEXEC, kOutOfReach);
  if (moved < 0) return fd;  // a low descriptor limit
  close(fd);
  return moved;
}

}  // namespace

Worker::Worker(const Body& body, std::span<const int> others) {
  const auto fail = [this](const char* what) {
    const int error = errno;
    Release();
    errno = error;
    Fail(what);
  };
  int sockets[2];
  output_ = memfd_create("hupstorm-output", MFD_CLOEXEC);
  if (output_ < 0) fail("memfd_create");
  void* const shared =
      mmap(nullptr, sizeof *progress_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) fail("mmap");
  progress_ = new (shared) std::atomic<uint64_t>{0};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0) fail("socketpair");
  socket_ = sockets[0];
  std::fflush(nullptr);  // or a child that calls exit writes it once more
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) {
    const int error = errno;
    close(sockets[1]);
    errno = error;
    fail("fork");
  }
  if (pid_ == 0) {
    close(socket_);
    for (const int other : others) close(other);
    Serve(sockets[1], parent, body);
  }
  close(sockets[1]);
}

Worker::~Worker() {
  Kill();
  Release();
}

void Worker::Release() {
  if (socket_ >= 0) close(socket_);
  if (output_ >= 0) close(output_);
  if (progress_ != nullptr) munmap(progress_, sizeof *progress_);
}

void Worker::Serve(int socket, pid_t parent, const Body& body) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);  // it died before the line above
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = std::min(limit.rlim_max, kMostOutput);
  setrlimit(RLIMIT_FSIZE, &limit);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);  // a crash here is a finding, not a thing to keep
  signal(SIGXFSZ, SIG_IGN);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(nothing, STDIN_FILENO);
  dup2(output_, STDOUT_FILENO);
  dup2(output_, STDERR_FILENO);
  close(nothing);
  socket = MoveOutOfReach(socket);

  std::string job;
  while (ReceiveJob(socket, job)) {
    if (lseek(STDERR_FILENO, 0, SEEK_CUR) > 0) {
      lseek(STDERR_FILENO, 0, SEEK_SET);
      if (ftruncate(STDERR_FILENO, 0) != 0) _exit(kExitFailed);
    }
    std::string answer;
    Header header{0, 0};
    try {
      answer = body(job, *progress_);
    } catch (const std::exception& error) {
      answer = error.what();
      header.failed = 1;
    }
    header.size = answer.size();
    if (!SendAll(socket, AsBytes(header)) || !SendAll(socket, answer)) break;
  }
  _exit(0);
}

void Worker::Start(std::string_view job) {
  // Where the worker has died in the meantime the send fails, and Take will say so.
  const uint64_t size = job.size();
  if (SendAll(socket_, AsBytes(size))) SendAll(socket_, job);
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
    const ssize_t count = recv(socket_, block, sizeof block, MSG_DONTWAIT);
    if (count > 0) {
      received_.append(block, static_cast<size_t>(count));
    } else if (count < 0 && errno == EINTR) {
      continue;
    } else if (count < 0 && errno == EAGAIN) {
      return News::kNothingYet;
    } else {
      text = WaitForEnd();
      return News::kDied;
    }
  }
}

void Worker::Kill() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  WaitForEnd();
}

std::string Worker::WaitForEnd() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return EndOfProcess(status);
}

std::string Worker::Output() const {
  struct stat file;
  if (fstat(output_, &file) != 0) return {};
  const auto size = static_cast<size_t>(file.st_size);
  std::string text(std::min(size, kMostShown), '\0');
  const ssize_t count =
      pread(output_, text.data(), text.size(), static_cast<off_t>(size - text.size()));
  text.resize(count < 0 ? 0 : static_cast<size_t>(count));
  return text;
}

}  // namespace hupstorm
