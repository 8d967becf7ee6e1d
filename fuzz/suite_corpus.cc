// Writes the scenario suite as a seed corpus: one file of bytes for each scenario that has the
// protocol asked for.

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/files.h"
#include "scenarios/language/bytes.h"
#include "scenarios/language/parse.h"

namespace {

namespace fs = std::filesystem;

std::string SeedName(const fs::path& scenario, const fs::path& suite) {
  std::string name = fs::relative(scenario, suite).replace_extension().string();
  for (char& c : name) {
    if (c == '/') c = '-';
  }
  return name;
}

int WriteCorpus(const fs::path& suite, hupstorm::Protocol protocol, const fs::path& out) {
  fs::create_directories(out);
  int written = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(suite)) {
    if (entry.path().extension() != ".scn") continue;
    const std::optional<std::string> text = hupstorm::ReadWhole(entry.path());
    if (!text) throw std::runtime_error(fmt::format("cannot read {}", entry.path().string()));
    const hupstorm::Scenario scenario = hupstorm::ParseScenario(*text, entry.path().string());
    if (scenario.protocol && *scenario.protocol != protocol) continue;
    const std::vector<uint8_t> bytes = hupstorm::EncodeScenario(scenario);
    if (hupstorm::WriteWhole(out / SeedName(entry.path(), suite),
                             {reinterpret_cast<const char*>(bytes.data()), bytes.size()})) {
      throw std::runtime_error(fmt::format("cannot write into {}", out.string()));
    }
    ++written;
  }
  return written;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr,
               "usage: suite_corpus SUITE-FOLDER echo|ack|http OUT-FOLDER\n"
               "example: suite_corpus scenarios/suite echo build/corpus/echo\n");
    return 2;
  }
  const std::string_view name = argv[2];
  const auto protocol = name == "http"  ? hupstorm::Protocol::kHttp
                        : name == "ack" ? hupstorm::Protocol::kAck
                                        : hupstorm::Protocol::kEcho;
  try {
    const int written = WriteCorpus(argv[1], protocol, argv[3]);
    fmt::print("{} seeds in {}\n", written, argv[3]);
    return written > 0 ? 0 : 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "suite_corpus: {}\n", error.what());
    return 2;
  }
}
