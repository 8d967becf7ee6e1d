// A descriptor that goes from one process to another, over a socket of AF_UNIX (SCM_RIGHTS).

#ifndef HUPSTORM_BASE_PASSED_DESCRIPTOR_H_
#define HUPSTORM_BASE_PASSED_DESCRIPTOR_H_

#include <sys/socket.h>

#include <cstring>

#include "base/file_descriptor.h"

namespace hupstorm {

namespace internal {

// One byte, with room for a descriptor.
struct DescriptorMessage {
  DescriptorMessage() {
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
  }
  char byte = 0;
  iovec part = {&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message = {};
};

}  // namespace internal

// False if the other end is gone.
inline bool SendDescriptor(int socket, int fd) {
  internal::DescriptorMessage sent;
  cmsghdr* const header = CMSG_FIRSTHDR(&sent.message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  return sendmsg(socket, &sent.message, MSG_NOSIGNAL) == 1;
}

// Waits for it. None if the other end is gone.
inline FileDescriptor ReceiveDescriptor(int socket) {
  internal::DescriptorMessage got;
  if (recvmsg(socket, &got.message, MSG_CMSG_CLOEXEC) != 1) return {};
  const cmsghdr* const header = CMSG_FIRSTHDR(&got.message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return {};
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return FileDescriptor(fd);
}

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_PASSED_DESCRIPTOR_H_
