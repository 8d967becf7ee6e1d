#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <charconv>
#include <fstream>

#include "tools/cli/errors.h"
#include "tools/fuzz/fuzz_engine.h"

namespace hupstorm {
namespace {

namespace fs = std::filesystem;

// compiler-rt/lib/fuzzer/FuzzerOptions.h
constexpr int kTimeoutExit = 70;
constexpr int kOutOfMemoryExit = 71;
constexpr int kInterruptedExit = 72;
constexpr int kErrorExit = 77;

// The number after `name` in a line of libFuzzer's; 0 if there is none.
uint64_t NumberAfter(std::string_view line, std::string_view name) {
  uint64_t number = 0;
  const size_t at = line.find(name);
  if (at == std::string_view::npos) return 0;
  line.remove_prefix(at + name.size());
  std::from_chars(line.data(), line.data() + line.size(), number);
  return number;
}

class LibFuzzer final : public FuzzEngine {
 public:
  LibFuzzer(const CampaignSettings& settings, const CampaignFolder& folder, fs::path executable)
      : settings_(settings), folder_(folder), executable_(std::move(executable)) {
    logs_.resize(static_cast<size_t>(settings.jobs));
  }

  void Prepare() override {
    fs::create_directories(folder_.corpus());
    fs::create_directories(folder_.crashes());
    // What earlier sessions wrote is not news.
    for (int worker = 0; worker < settings_.jobs; ++worker) {
      std::error_code error;
      const uintmax_t size = fs::file_size(folder_.log(worker), error);
      logs_[static_cast<size_t>(worker)].offset = error ? 0 : size;
    }
  }

  ProgramCall WorkerCall(int) const override {
    ProgramCall call;
    call.arguments = {executable_.string(),
                      fmt::format("-max_len={}", kLargestInput),
                      fmt::format("-timeout={}", kInputTimeout),
                      fmt::format("-artifact_prefix={}/", folder_.crashes().string()),
                      "-print_final_stats=1",
                      "-verbosity=1"};
    // The last flag of a name counts.
    call.arguments.insert(call.arguments.end(), settings_.engine_flags.begin(),
                          settings_.engine_flags.end());
    call.arguments.push_back(folder_.corpus().string());
    call.arguments.insert(call.arguments.end(), settings_.corpora.begin(), settings_.corpora.end());
    return call;
  }

  EngineFigures Figures() override {
    for (size_t i = 0; i < logs_.size(); ++i) ReadOn(logs_[i], static_cast<int>(i));
    EngineFigures best;
    for (const Log& log : logs_) {
      best.coverage = std::max(best.coverage, log.figures.coverage);
      best.corpus = std::max(best.corpus, log.figures.corpus);
    }
    return best;
  }

  std::vector<fs::path> Crashes() const override {
    return FilesNamed(folder_.crashes(), {"crash-", "leak-", "oom-", "timeout-"});
  }

  bool HasCrashed(int status) const override {
    if (WIFSIGNALED(status)) return true;
    const int code = WEXITSTATUS(status);
    return code == kErrorExit || code == kTimeoutExit || code == kOutOfMemoryExit;
  }

  bool IsDone(int status) const override {
    return WIFEXITED(status) &&
           (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == kInterruptedExit);
  }

 private:
  struct Log {
    uintmax_t offset = 0;
    EngineFigures figures;
  };

  // "#524288 pulse  cov: 84 ft: 207 corp: 20/180b lim: 4 exec/s: 0 rss: 40Mb", for whole lines.
  void ReadOn(Log& log, int worker) {
    std::ifstream file(folder_.log(worker), std::ios::binary);
    file.seekg(static_cast<std::streamoff>(log.offset));
    std::string line;
    while (std::getline(file, line) && !file.eof()) {
      log.offset += line.size() + 1;
      if (!line.starts_with('#')) continue;
      const uint64_t coverage = NumberAfter(line, "cov: ");
      const uint64_t corpus = NumberAfter(line, "corp: ");
      if (coverage != 0) log.figures.coverage = coverage;
      if (corpus != 0) log.figures.corpus = corpus;
    }
  }

  const CampaignSettings& settings_;
  const CampaignFolder& folder_;
  fs::path executable_;
  std::vector<Log> logs_;
};

}  // namespace

std::vector<fs::path> FilesNamed(const fs::path& folder,
                                 const std::vector<std::string_view>& prefixes) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const bool wanted = std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) {
      return name.starts_with(prefix);
    });
    if (wanted) files.push_back(entry->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::unique_ptr<FuzzEngine> MakeLibFuzzer(const CampaignSettings& settings,
                                          const CampaignFolder& folder,
                                          const fs::path& executable) {
  return std::make_unique<LibFuzzer>(settings, folder, executable);
}

}  // namespace hupstorm
