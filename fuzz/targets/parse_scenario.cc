// Fuzzes the scenario language with text. Whatever the text is, the parser either names a place in
// it, or gives a scenario that survives both ways round: printed and parsed, encoded and decoded.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "scenarios/language/bytes.h"
#include "scenarios/language/parse.h"
#include "scenarios/language/print.h"

namespace {

using hupstorm::Scenario;

void Check(bool holds, const char* what, std::string_view evidence) {
  if (holds) return;
  std::fprintf(stderr, "%s\n%.*s\n", what, static_cast<int>(evidence.size()), evidence.data());
  std::abort();
}

// Line and column (from 1, in bytes) are in the text, or just past the end of a line.
bool IsInside(std::string_view text, int line, int column) {
  size_t start = 0;
  for (int i = 1; i < line; ++i) {
    const size_t end = text.find('\n', start);
    if (end == std::string_view::npos) return false;
    start = end + 1;
  }
  const size_t end = std::min(text.find('\n', start), text.size());
  return line >= 1 && column >= 1 && static_cast<size_t>(column) <= end - start + 1;
}

Scenario WithoutExpectations(Scenario scenario) {
  std::erase_if(scenario.steps, [](const auto& step) { return hupstorm::IsExpect(step.action); });
  return scenario;
}

void CheckBothForms(const Scenario& scenario) {
  const std::string printed = hupstorm::PrintScenario(scenario);
  try {
    const Scenario again = hupstorm::ParseScenario(printed, "printed");
    Check(again == scenario, "printed and parsed, the scenario differs", printed);
    Check(again.title == scenario.title, "printed and parsed, the title differs", printed);
  } catch (const hupstorm::ParseError& error) {
    Check(false, error.what(), printed);
  }
  const Scenario steps = WithoutExpectations(scenario);
  if (steps.steps.empty()) return;
  Check(hupstorm::DecodeScenario(hupstorm::EncodeScenario(scenario)) == steps,
        "encoded and decoded, the scenario differs", printed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    CheckBothForms(hupstorm::ParseScenario(text, "input"));
  } catch (const hupstorm::ParseError& error) {
    Check(IsInside(text, error.line(), error.column()), "the error is outside the text",
          error.what());
  }
  return 0;
}
