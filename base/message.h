// Messages between two processes of ours, over a stream socket: a header, then bytes.

#ifndef HUPSTORM_BASE_MESSAGE_H_
#define HUPSTORM_BASE_MESSAGE_H_

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

namespace hupstorm {

// What comes first: how many bytes follow, and what they are, as the two agree.
struct MessageHeader {
  uint64_t size = 0;
  uint64_t kind = 0;
};

namespace internal {

inline bool SendAll(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

inline bool ReceiveAll(int socket, char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t count = recv(socket, bytes, size, MSG_WAITALL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes += count;
    size -= static_cast<size_t>(count);
  }
  return true;
}

}  // namespace internal

// Waits until all is sent. False if the other end is gone.
inline bool SendMessage(int socket, uint64_t kind, std::string_view bytes) {
  const MessageHeader header{bytes.size(), kind};
  return internal::SendAll(socket, {reinterpret_cast<const char*>(&header), sizeof header}) &&
         internal::SendAll(socket, bytes);
}

// Waits for a whole one. False if the other end is gone.
inline bool ReceiveMessage(int socket, uint64_t& kind, std::string& bytes) {
  MessageHeader header;
  if (!internal::ReceiveAll(socket, reinterpret_cast<char*>(&header), sizeof header)) return false;
  kind = header.kind;
  bytes.resize(header.size);
  return internal::ReceiveAll(socket, bytes.data(), bytes.size());
}

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_MESSAGE_H_
