// Where calls are in the source of a server of these tests: lines are marked by "@name" in a
// comment.

#ifndef HUPSTORM_TESTS_SCENARIOS_STACKS_MARKS_H_
#define HUPSTORM_TESTS_SCENARIOS_STACKS_MARKS_H_

#include <gmock/gmock.h>

#include <fstream>
#include <ostream>
#include <string>

#include "kernel/stacks/place.h"

namespace hupstorm {

// 0 if the mark is not there.
inline int LineOfMark(const std::string& file, const std::string& mark) {
  std::ifstream source(std::string(HUPSTORM_STACKS_SERVERS) + "/" + file);
  std::string line;
  for (int number = 1; std::getline(source, line); ++number) {
    const size_t at = line.find("@" + mark);
    if (at == std::string::npos) continue;
    const size_t end = at + 1 + mark.size();
    if (end == line.size() || line[end] == ' ') return number;
  }
  return 0;
}

inline void PrintTo(const Place& place, std::ostream* out) {
  *out << place.file << ":" << place.line << " " << place.site << " " << place.Hint();
  for (const Frame& frame : place.stack) {
    *out << "\n    " << (frame.own ? "own " : "") << frame.function << " " << frame.file << ":"
         << frame.line << " " << frame.module;
  }
}

// A place at the mark in that file of servers/.
MATCHER_P2(IsAtMark, file, mark, "is at @" + std::string(mark) + " in " + std::string(file)) {
  static_cast<void>(result_listener);
  return arg.file.ends_with("/" + std::string(file)) && arg.line == LineOfMark(file, mark);
}

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_SCENARIOS_STACKS_MARKS_H_
