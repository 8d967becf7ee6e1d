// Stacks that a held server makes its calls on.

#include <fmt/format.h>
#include <sys/uio.h>

#include <array>
#include <cstring>

#include "kernel/linux/held/held_kernel.h"

namespace hupstorm {
namespace {

// Up to its zero; as far as it can be read.
std::string TextOf(pid_t pid, const char* address) {
  constexpr size_t kLongest = 4096;
  std::string text;
  std::array<char, 64> part = {};
  while (text.size() < kLongest) {
    const iovec ours = {.iov_base = part.data(), .iov_len = part.size()};
    const iovec theirs = {.iov_base = const_cast<char*>(address + text.size()),
                          .iov_len = part.size()};
    const ssize_t count = process_vm_readv(pid, &ours, 1, &theirs, 1, 0);
    if (count <= 0) break;
    const size_t length = strnlen(part.data(), static_cast<size_t>(count));
    text.append(part.data(), length);
    if (length < static_cast<size_t>(count)) break;
  }
  return text;
}

}  // namespace

CallStack HeldKernel::StackOfCall() {
  if (current_ == nullptr || !current_->memory->frame().wants_stacks) return {};
  const pid_t pid = current_->pid;
  // The dynamic linker's names stay where they are.
  const auto read = [&](const char* address) {
    const auto [entry, is_new] = texts_.try_emplace({pid, address});
    if (is_new) entry->second = TextOf(pid, address);
    return entry->second;
  };
  return ToCallStack(current_->remote.stack(), fmt::format("/proc/{}", pid), read);
}

}  // namespace hupstorm
