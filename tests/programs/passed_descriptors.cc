// Descriptors and credentials that go with a message of AF_UNIX (SCM_RIGHTS, SCM_CREDENTIALS).

#include <vector>

#include "tests/programs/files.h"

namespace {

ssize_t SendWith(int fd, const std::string& bytes, const std::vector<int>& descriptors) {
  iovec part = {const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) char control[2048] = {};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
  memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size() * sizeof(int));
  return sendmsg(fd, &message, MSG_NOSIGNAL);
}

// Prints what came; returns the descriptors.
std::vector<int> Receive(int fd, size_t size = 100, size_t room = 256, int flags = MSG_DONTWAIT) {
  std::string bytes(size, '\0');
  iovec part = {bytes.data(), bytes.size()};
  alignas(cmsghdr) char control[2048];
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = room;
  const ssize_t got = recvmsg(fd, &message, flags);
  Show("recvmsg", got);
  std::vector<int> descriptors;
  if (got < 0) return descriptors;
  printf("  \"%.*s\", control %zu, flags %#x\n", static_cast<int>(got), bytes.data(),
         message.msg_controllen, message.msg_flags);
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    printf("  level %d, type %d, length %zu\n", header->cmsg_level, header->cmsg_type,
           header->cmsg_len);
    if (header->cmsg_type == SCM_CREDENTIALS) {
      ucred sender;
      memcpy(&sender, CMSG_DATA(header), sizeof sender);
      printf("  from %s, %s\n", sender.pid == getpid() ? "itself" : "another",
             sender.uid == getuid() && sender.gid == getgid() ? "the user" : "another user");
    }
    if (header->cmsg_type != SCM_RIGHTS) continue;
    descriptors.resize((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(descriptors.data(), CMSG_DATA(header), descriptors.size() * sizeof(int));
  }
  return descriptors;
}

void CloseAll(const std::vector<int>& descriptors) {
  for (const int fd : descriptors) close(fd);
}

}  // namespace

int main() {
  const UnixPair pair;
  int ends[2];
  if (pipe(ends) != 0) abort();
  Show("send a pipe", SendWith(pair[0], "take this", {ends[1], ends[0]}));
  close(ends[1]);
  const std::vector<int> copies = Receive(pair[1]);
  Show("write to the copy", write(copies.at(0), "through", 7));
  char bytes[16];
  Show("read", read(ends[0], bytes, sizeof bytes));
  printf("close on exec: %d\n", fcntl(copies.at(0), F_GETFD));
  CloseAll(copies);
  Show("the last writer is closed", read(ends[0], bytes, sizeof bytes));

  const Connection connection = Connected();
  Show("send a connection", SendWith(pair[0], "tcp", {connection.server}));
  close(connection.server);
  const std::vector<int> server = Receive(pair[1], 100, 256, MSG_CMSG_CLOEXEC);
  printf("close on exec: %d\n", fcntl(server.at(0), F_GETFD));
  Show("the client gets", send(server.at(0), "hi", 2, 0));
  AwaitInput(connection.client);
  Show("bytes", recv(connection.client, bytes, sizeof bytes, 0));

  printf("-- where messages end\n");
  Show("plain", send(pair[0], "abc", 3, 0));
  Show("with one", SendWith(pair[0], "def", {ends[0]}));
  Show("plain", send(pair[0], "ghi", 3, 0));
  CloseAll(Receive(pair[1]));
  CloseAll(Receive(pair[1]));
  Show("with one", SendWith(pair[0], "jkl", {ends[0]}));
  CloseAll(Receive(pair[1], 2));
  CloseAll(Receive(pair[1], 2));
  Show("with one", SendWith(pair[0], "mno", {ends[0]}));
  CloseAll(Receive(pair[1], 100, 256, MSG_PEEK));
  CloseAll(Receive(pair[1]));

  printf("-- too little room\n");
  for (const size_t room : {0, 8, 16, 20, 24}) {
    Show("with two", SendWith(pair[0], "x", {ends[0], ends[0]}));
    CloseAll(Receive(pair[1], 1, room));
  }
  Show("with one, read", SendWith(pair[0], "y", {ends[0]}));
  Show("read", read(pair[1], bytes, sizeof bytes));
  Show("253", SendWith(pair[0], "z", std::vector<int>(253, ends[0])));
  CloseAll(Receive(pair[1], 1, 2048));
  Show("254", SendWith(pair[0], "z", std::vector<int>(254, ends[0])));

  printf("-- credentials\n");
  Show("SO_PASSCRED", Set(pair[1], SOL_SOCKET, SO_PASSCRED, 1));
  Show("send", send(pair[0], "who", 3, 0));
  Receive(pair[1]);
  Show("with one", SendWith(pair[0], "both", {ends[0]}));
  CloseAll(Receive(pair[1]));

  printf("-- what is never received is closed\n");
  int others[2];
  if (pipe(others) != 0) abort();
  Show("send", SendWith(pair[0], "lost", {others[1]}));
  close(others[1]);
  close(pair[1]);
  close(pair[0]);
  Show("end of the pipe", read(others[0], bytes, sizeof bytes));
  return 0;
}
