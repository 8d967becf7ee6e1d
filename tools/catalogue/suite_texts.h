// The scenario suite's files as they were when this executable was built.

#ifndef HUPSTORM_TOOLS_CATALOGUE_SUITE_TEXTS_H_
#define HUPSTORM_TOOLS_CATALOGUE_SUITE_TEXTS_H_

#include <string_view>
#include <vector>

namespace hupstorm {

struct SuiteText {
  std::string_view path;  // "scenarios/suite/half-close/echo-drains.scn"
  std::string_view text;
};
std::vector<SuiteText> SuiteTexts();  // in order of path

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CATALOGUE_SUITE_TEXTS_H_
