// What AF_UNIX carries beside bytes (net/core/scm.c): descriptors, and who sent them.

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "kernel/simulated/calls.h"

namespace hupstorm::simulated {
namespace {

// scm_fp_copy
int TakeDescriptors(Kernel& kernel, const cmsghdr& header, PassedDescriptors** passed) {
  const size_t count = (header.cmsg_len - CMSG_LEN(0)) / sizeof(int);
  if (count == 0) return 0;
  if (count > PassedDescriptors::kMost) return -EINVAL;
  if (*passed == nullptr) *passed = NewPassed(kernel);
  PassedDescriptors& list = **passed;
  if (list.count + count > PassedDescriptors::kMost) return -EINVAL;
  for (size_t i = 0; i < count; ++i) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(&header) + i * sizeof fd, sizeof fd);
    PassedDescriptors::Entry& entry = list.entries[list.count];
    if (IsHost(fd)) {
      entry.host_fd = static_cast<int>(syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 0));
      if (entry.host_fd < 0) return -EBADF;
    } else {
      entry.object = kernel.descriptors.Get(fd);
      if (entry.object == nullptr) return -EBADF;
      ++entry.object->references;
    }
    ++list.count;
  }
  return 0;
}

// scm_check_creds, of a process that may not lie.
int CheckCredentials(const cmsghdr& header) {
  ucred given;
  if (header.cmsg_len != CMSG_LEN(sizeof given)) return -EINVAL;
  std::memcpy(&given, CMSG_DATA(&header), sizeof given);
  const bool true_user = given.uid == getuid() || given.uid == geteuid();
  const bool true_group = given.gid == getgid() || given.gid == getegid();
  if (given.pid == getpid() && true_user && true_group) return 0;
  if (geteuid() == 0) AbortUnsimulated("sendmsg", "SCM_CREDENTIALS of another process,", given.pid);
  return -EPERM;
}

// The control data that a message has room for, and what was put there.
class ControlWriter {
 public:
  explicit ControlWriter(msghdr& message) : message_(message), left_(message.msg_controllen) {
    at_ = static_cast<std::byte*>(message.msg_control);
    if (at_ == nullptr) left_ = 0;
  }

  // How many descriptors there is room for (scm_max_fds).
  size_t RoomForDescriptors() const {
    return left_ <= CMSG_LEN(0) ? 0 : (left_ - CMSG_LEN(0)) / sizeof(int);
  }

  // put_cmsg. False if it cannot be written.
  bool Put(int type, const void* data, size_t size) {
    if (left_ < sizeof(cmsghdr)) {
      message_.msg_flags |= MSG_CTRUNC;
      return true;
    }
    size_t length = CMSG_LEN(size);
    if (left_ < length) {
      message_.msg_flags |= MSG_CTRUNC;
      length = left_;
    }
    if (!CanWrite(at_, length)) return false;
    cmsghdr header = {};
    header.cmsg_len = length;
    header.cmsg_level = SOL_SOCKET;
    header.cmsg_type = type;
    std::memcpy(at_, &header, sizeof header);
    std::memcpy(at_ + CMSG_LEN(0), data, length - CMSG_LEN(0));
    const size_t used = std::min(CMSG_SPACE(size), left_);
    at_ += used;
    left_ -= used;
    written_ += used;
    return true;
  }

  size_t written() const { return written_; }

 private:
  msghdr& message_;
  std::byte* at_;
  size_t left_;
  size_t written_ = 0;
};

// receive_fd. -1 if there is no number for it.
int Install(Kernel& kernel, PassedDescriptors::Entry& entry, bool close_on_exec) {
  if (entry.object != nullptr) {
    return kernel.descriptors.LowestFree() < 0
               ? -1
               : InstallLowest(kernel, *entry.object, close_on_exec);
  }
  return static_cast<int>(
      syscall(SYS_fcntl, entry.host_fd, close_on_exec ? F_DUPFD_CLOEXEC : F_DUPFD, 0));
}

}  // namespace

// __scm_send
int TakeControl(Kernel& kernel, const msghdr& message, PassedDescriptors** passed) {
  if (message.msg_controllen > 0 && !CanRead(message.msg_control, message.msg_controllen)) {
    return -EFAULT;
  }
  const auto* const begin = static_cast<const std::byte*>(message.msg_control);
  const size_t size = message.msg_controllen;
  int result = 0;
  for (size_t offset = 0; result == 0 && size - offset >= sizeof(cmsghdr);) {
    const auto& header = *reinterpret_cast<const cmsghdr*>(begin + offset);
    if (header.cmsg_len < sizeof(cmsghdr) || header.cmsg_len > size - offset) {
      result = -EINVAL;
      break;
    }
    if (header.cmsg_level == SOL_SOCKET) {
      switch (header.cmsg_type) {
        case SCM_RIGHTS:
          result = TakeDescriptors(kernel, header, passed);
          break;
        case SCM_CREDENTIALS:
          result = CheckCredentials(header);
          break;
        default:
          result = -EINVAL;
      }
    }
    offset = std::min(offset + CMSG_ALIGN(header.cmsg_len), size);
  }
  if (result != 0 && *passed != nullptr) {
    DropPassed(kernel, *passed);
    *passed = nullptr;
  }
  return result;
}

// scm_recv_unix, scm_detach_fds
int GiveControl(Kernel& kernel, const UnixStream& stream, PassedDescriptors* passed, int flags,
                msghdr* message) {
  ControlWriter writer(*message);
  bool written = true;
  if (stream.passes_credentials) {
    const ucred sender = {.pid = getpid(), .uid = getuid(), .gid = getgid()};
    written = writer.Put(SCM_CREDENTIALS, &sender, sizeof sender);
  }
  if (passed != nullptr) {
    int numbers[PassedDescriptors::kMost];
    const size_t most = std::min<size_t>(passed->count, writer.RoomForDescriptors());
    size_t given = 0;
    for (; given < most; ++given) {
      numbers[given] = Install(kernel, passed->entries[given], (flags & MSG_CMSG_CLOEXEC) != 0);
      if (numbers[given] < 0) break;
    }
    if (given > 0) written = writer.Put(SCM_RIGHTS, numbers, given * sizeof(int)) && written;
    if (given < passed->count) message->msg_flags |= MSG_CTRUNC;
    DropPassed(kernel, passed);
  }
  message->msg_controllen = writer.written();
  return written ? 0 : -EFAULT;
}

PassedDescriptors* CopyPassed(Kernel& kernel, const PassedDescriptors& passed) {
  PassedDescriptors& copy = *NewPassed(kernel);
  for (; copy.count < passed.count; ++copy.count) {
    PassedDescriptors::Entry& entry = copy.entries[copy.count] = passed.entries[copy.count];
    if (entry.object != nullptr) {
      ++entry.object->references;
    } else {
      entry.host_fd = static_cast<int>(syscall(SYS_fcntl, entry.host_fd, F_DUPFD_CLOEXEC, 0));
    }
  }
  return &copy;
}

PassedDescriptors* NewPassed(Kernel& kernel) {
  PassedDescriptors* const passed = kernel.passed_descriptors.New();
  kernel.passed.PushBack(passed);
  return passed;
}

void DropPassed(Kernel& kernel, PassedDescriptors* passed) {
  for (uint32_t i = 0; i < passed->count; ++i) {
    const PassedDescriptors::Entry& entry = passed->entries[i];
    if (entry.object != nullptr) {
      Unreference(kernel, *entry.object, -1);
    } else {
      syscall(SYS_close, entry.host_fd);
    }
  }
  kernel.passed.Remove(passed);
  kernel.passed_descriptors.Delete(passed);
}

}  // namespace hupstorm::simulated
