// A descriptor that goes from one process to another, over a socket of AF_UNIX (SCM_RIGHTS).

#ifndef HUPSTORM_BASE_PASSED_DESCRIPTOR_H_
#define HUPSTORM_BASE_PASSED_DESCRIPTOR_H_

#include <sys/socket.h>

#include <cstring>

#include "base/file_descriptor.h"

namespace hupstorm {

// A payload, with room for a descriptor: for sendmsg and recvmsg.
template <typename Payload>
struct DescriptorMessage {
  DescriptorMessage() {
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
  }
  DescriptorMessage(const DescriptorMessage&) = delete;
  DescriptorMessage& operator=(const DescriptorMessage&) = delete;

  void Put(int fd) {
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  // The one that came with it, -1 for none.
  int Descriptor() {
    const cmsghdr* const header = CMSG_FIRSTHDR(&message);
    if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return -1;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
  }

  Payload payload = {};
  iovec part = {&payload, sizeof payload};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message = {};
};

// False if the other end is gone.
inline bool SendDescriptor(int socket, int fd) {
  DescriptorMessage<char> sent;
  sent.Put(fd);
  return sendmsg(socket, &sent.message, MSG_NOSIGNAL) == 1;
}

// Waits for it. None if the other end is gone.
inline FileDescriptor ReceiveDescriptor(int socket) {
  DescriptorMessage<char> got;
  if (recvmsg(socket, &got.message, MSG_CMSG_CLOEXEC) != 1) return {};
  return FileDescriptor(got.Descriptor());
}

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_PASSED_DESCRIPTOR_H_
