// What the programs about AF_UNIX, pipes and files share.

#ifndef HUPSTORM_TESTS_PROGRAMS_FILES_H_
#define HUPSTORM_TESTS_PROGRAMS_FILES_H_

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <string>

#include "tests/programs/sockets.h"

// The working folder of the program, removed at its end with what is in it.
class Folder {
 public:
  Folder() {
    if (mkdtemp(path_) == nullptr || chdir(path_) != 0) abort();
  }
  ~Folder() {
    const std::string remove = std::string("rm -r ") + path_;
    if (chdir("/") != 0 || system(remove.c_str()) != 0) abort();
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

 private:
  char path_[32] = "/tmp/hupstorm-program-XXXXXX";
};

// A name of AF_UNIX; one that begins with '@' is abstract.
struct UnixAddress {
  explicit UnixAddress(const char* name) {
    address.sun_family = AF_UNIX;
    strncpy(address.sun_path, name, sizeof address.sun_path - 1);
    if (name[0] == '@') address.sun_path[0] = '\0';
    length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + strlen(name) +
                                    (name[0] == '@' ? 0 : 1));
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }

  sockaddr_un address = {};
  socklen_t length;
};

inline int Bind(int fd, const UnixAddress& name) { return bind(fd, name.get(), name.length); }
inline int Connect(int fd, const UnixAddress& name) { return connect(fd, name.get(), name.length); }

// Prints a name that a call gave.
inline void ShowName(const char* what, int result, const sockaddr_un& address, socklen_t length) {
  if (result < 0) return Show(what, result);
  const size_t size = length - offsetof(sockaddr_un, sun_path);
  const bool abstract = size > 0 && address.sun_path[0] == '\0';
  printf("%s: %u bytes, %s%.*s\n", what, length, abstract ? "@" : "",
         static_cast<int>(length <= sizeof(sa_family_t) ? 0 : size - (abstract ? 1 : 0)),
         address.sun_path + (abstract ? 1 : 0));
}

struct UnixPair {
  explicit UnixPair(int type = SOCK_STREAM) {
    if (socketpair(AF_UNIX, type, 0, ends) != 0) abort();
  }
  int operator[](int end) const { return ends[end]; }
  int ends[2];
};

#endif  // HUPSTORM_TESTS_PROGRAMS_FILES_H_
