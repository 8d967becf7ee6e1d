#include "tests/process/lifeline.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "tests/process/plain_process.h"

namespace hupstorm {

Lifeline::Lifeline() {
  folder_ = testing::TempDir() + "lifeline.XXXXXX";
  if (mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("no folder");
  const std::string path = folder_ + "/lifeline";
  if (mkfifo(path.c_str(), 0600) == 0) fd_ = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd_ < 0) throw std::runtime_error("no FIFO");
}

Lifeline::~Lifeline() {
  close(fd_);
  std::filesystem::remove_all(folder_);
}

std::string Lifeline::Prefix() const { return "exec 9>" + folder_ + "/lifeline; "; }

std::string Lifeline::ReadLine() {
  size_t end = 0;
  while ((end = unread_.find('\n')) == std::string::npos) {
    if (ReadWithin(kServerPatienceMs)) continue;
    ADD_FAILURE() << "no line came, only \"" << unread_ << '"';
    return unread_;
  }
  std::string line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return line;
}

bool Lifeline::IsLetGoWithin(int ms) {
  while (!ended_ && ReadWithin(ms)) {
  }
  return ended_;
}

// False where nothing came, or nothing will.
bool Lifeline::ReadWithin(int ms) {
  // Before somebody has opened the other end poll says nothing, and read would say "end".
  pollfd entry = {.fd = fd_, .events = POLLIN, .revents = 0};
  if (ended_ || poll(&entry, 1, ms) <= 0) return false;
  char block[1024];
  const ssize_t count = read(fd_, block, sizeof block);
  if (count > 0) unread_.append(block, static_cast<size_t>(count));
  ended_ = count == 0;
  return count > 0;
}

}  // namespace hupstorm
