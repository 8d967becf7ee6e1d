#include "base/captured_output.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/child_process.h"
#include "base/resource_limit.h"
#include "base/system_error.h"

namespace hupstorm {
namespace {

constexpr rlim_t kMost = 16 << 20;        // bytes that are kept
constexpr size_t kMostShown = 256 << 10;  // of which the last are looked at

}  // namespace

CapturedOutput::CapturedOutput()
    : file_(CheckSystemCall(memfd_create("hupstorm-output", MFD_CLOEXEC), "memfd_create")) {}

void CapturedOutput::TakeStreams() const {
  SetSoftLimit(RLIMIT_FSIZE, kMost);
  signal(SIGXFSZ, SIG_IGN);
  SetStandardStreams(file_.get(), file_.get());
}

void CapturedOutput::Clear() const {
  if (lseek(STDERR_FILENO, 0, SEEK_CUR) <= 0) return;
  lseek(STDERR_FILENO, 0, SEEK_SET);
  if (ftruncate(STDERR_FILENO, 0) != 0) std::abort();
}

std::string CapturedOutput::Tail() const {
  struct stat file;
  if (fstat(file_.get(), &file) != 0) return {};
  const auto size = static_cast<size_t>(file.st_size);
  std::string text(std::min(size, kMostShown), '\0');
  const ssize_t count =
      pread(file_.get(), text.data(), text.size(), static_cast<off_t>(size - text.size()));
  text.resize(count < 0 ? 0 : static_cast<size_t>(count));
  return text;
}

}  // namespace hupstorm
