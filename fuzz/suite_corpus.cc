// Writes the scenario suite as a seed corpus: one file of bytes for each scenario that has the
// protocol asked for.

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "scenarios/language/bytes.h"
#include "scenarios/language/parse.h"

namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw std::runtime_error(fmt::format("cannot read {}", path.string()));
  return text.str();
}

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
    const hupstorm::Scenario scenario =
        hupstorm::ParseScenario(ReadFile(entry.path()), entry.path().string());
    if (scenario.protocol && *scenario.protocol != protocol) continue;
    const std::vector<uint8_t> bytes = hupstorm::EncodeScenario(scenario);
    std::ofstream file(out / SeedName(entry.path(), suite), std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) throw std::runtime_error(fmt::format("cannot write into {}", out.string()));
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
