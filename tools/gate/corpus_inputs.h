// The inputs of fuzz corpora as scenarios, for a server that no fuzzer's engine is linked to.

#ifndef HUPSTORM_TOOLS_GATE_CORPUS_INPUTS_H_
#define HUPSTORM_TOOLS_GATE_CORPUS_INPUTS_H_

#include <span>
#include <string>
#include <vector>

#include "scenarios/language/scenario.h"

namespace hupstorm {

// Each file in `folders`: a scenario (*.scn), or a fuzzer's input, which speaks whatever its server
// does. Of a campaign's folder (hupstorm fuzz --out), its corpus, its findings and its crashes,
// whichever the engine. In order of path. Throws UsageError if a folder is not there or cannot
// be read, and ParseError.
struct CorpusInput {
  Scenario scenario;  // whose name and file are the path
  bool from_bytes = false;
};
std::vector<CorpusInput> LoadCorpora(std::span<const std::string> folders);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_GATE_CORPUS_INPUTS_H_
