// How GoogleTest may call a test of a table.

#ifndef HUPSTORM_TESTS_TEST_NAME_H_
#define HUPSTORM_TESTS_TEST_NAME_H_

#include <cctype>
#include <string>

namespace hupstorm {

// "doc000/epoll-queue" is "doc000_epoll_queue": letters and digits stay, all else is '_'.
inline std::string TestName(std::string name) {
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_TEST_NAME_H_
