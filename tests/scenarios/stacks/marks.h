// Where calls are in the source of a server of these tests: lines are marked by "@name".

#ifndef HUPSTORM_TESTS_SCENARIOS_STACKS_MARKS_H_
#define HUPSTORM_TESTS_SCENARIOS_STACKS_MARKS_H_

#include <gmock/gmock.h>

#include <fstream>
#include <string>

#include "kernel/stacks/place.h"

namespace hupstorm {

// 0 if the mark is not there.
inline int LineOfMark(const std::string& file, const std::string& mark) {
  std::ifstream source(std::string(HUPSTORM_STACKS_SERVERS) + "/" + file);
  std::string line;
  for (int number = 1; std::getline(source, line); ++number) {
    if (line.ends_with("@" + mark)) return number;
  }
  return 0;
}

// A place at the mark in that file of servers/.
MATCHER_P2(IsAtMark, file, mark, "is at @" + std::string(mark) + " in " + std::string(file)) {
  *result_listener << arg.file << ":" << arg.line << " " << arg.function << " " << arg.Site() << " "
                   << arg.Hint();
  return arg.file.ends_with("/" + std::string(file)) && arg.line == LineOfMark(file, mark);
}

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_SCENARIOS_STACKS_MARKS_H_
