#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <charconv>
#include <fstream>

#include "scenarios/campaign/finding_store.h"
#include "tools/catalogue/installation.h"
#include "tools/cli/output_file.h"
#include "tools/fuzz/fuzz_engine.h"

namespace hupstorm {
namespace {

namespace fs = std::filesystem;

// Columns of plot_data, which AFL++ writes every five seconds: relative_time, cycles_done,
// cur_item, corpus_count, pending_total, pending_favs, map_size, saved_crashes, saved_hangs,
// max_depth, execs_per_sec, total_execs, edges_found.
constexpr size_t kCorpusColumn = 3;
constexpr size_t kEdgesColumn = 12;

uint64_t Column(std::string_view line, size_t column) {
  for (; column > 0; --column) {
    const size_t comma = line.find(',');
    if (comma == std::string_view::npos) return 0;
    line.remove_prefix(comma + 1);
  }
  while (line.starts_with(' ')) line.remove_prefix(1);
  uint64_t number = 0;
  std::from_chars(line.data(), line.data() + line.size(), number);
  return number;
}

class Afl final : public FuzzEngine {
 public:
  Afl(const CampaignSettings& settings, const CampaignFolder& folder,
      std::vector<std::string> target)
      : settings_(settings), folder_(folder), target_(std::move(target)) {}

  // afl-fuzz takes one folder to begin with, and at least one input.
  void Prepare() override {
    fs::create_directories(folder_.seeds());
    fs::create_directories(folder_.afl());
    size_t seeds = 0;
    for (const std::string& corpus : settings_.corpora) {
      for (const fs::directory_entry& entry : fs::directory_iterator(corpus)) {
        if (!entry.is_regular_file()) continue;
        fs::copy_file(entry.path(), folder_.seeds() / fmt::format("seed-{:06}", seeds++),
                      fs::copy_options::overwrite_existing);
      }
    }
    if (seeds == 0) WriteOwnFile(folder_.seeds() / "seed-000000", std::string(1, '\0'));
  }

  ProgramCall WorkerCall(int worker) const override {
    const std::string name = NameOf(worker);
    const bool resumes = fs::exists(folder_.afl() / name / "fuzzer_stats");
    ProgramCall call;
    call.arguments = {"afl-fuzz",
                      "-i",
                      resumes ? "-" : folder_.seeds().string(),
                      "-o",
                      folder_.afl().string(),
                      worker == 0 ? "-M" : "-S",
                      name,
                      "-G",
                      std::to_string(kLargestInput),
                      "-t",
                      Timeout(),
                      "-m",
                      "none"};
    call.arguments.insert(call.arguments.end(), settings_.engine_flags.begin(),
                          settings_.engine_flags.end());
    if (settings_.is_command) call.arguments.push_back("-d");  // no bit by bit: a run is dear
    call.arguments.push_back("--");
    call.arguments.insert(call.arguments.end(), target_.begin(), target_.end());
    call.environment = {"AFL_NO_UI=1", "AFL_SKIP_CPUFREQ=1", "AFL_TRY_AFFINITY=1",
                        // The machine's handling of core dumps is not ours to change; crashes are
                        // seen by the fork server all the same.
                        "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1"};
    if (settings_.is_command) {
      // A run is the same each time, so two or three say enough of an input; and to shorten it byte
      // by byte takes more of them than it is worth.
      call.environment.insert(call.environment.end(), {"AFL_FAST_CAL=1", "AFL_DISABLE_TRIM=1"});
    }
    if (settings_.mutator == "steps") {
      call.environment.push_back("AFL_CUSTOM_MUTATOR_LIBRARY=" +
                                 InstalledLibrary("libhupstorm_afl_mutator.so").string());
      // Hundreds of mutants by bytes for each by steps are for targets that take no time.
      if (settings_.is_command) call.environment.push_back("AFL_CUSTOM_MUTATOR_ONLY=1");
    }
    return call;
  }

  EngineFigures Figures() override {
    EngineFigures best;
    for (int worker = 0; worker < settings_.jobs; ++worker) {
      std::ifstream file(folder_.afl() / NameOf(worker) / "plot_data");
      std::string line;
      std::string last;
      while (std::getline(file, line) && !file.eof()) last = line;
      best.coverage = std::max(best.coverage, Column(last, kEdgesColumn));
      best.corpus = std::max(best.corpus, Column(last, kCorpusColumn));
    }
    return best;
  }

  std::vector<fs::path> Crashes() const override {
    std::vector<fs::path> crashes;
    for (int worker = 0; worker < settings_.jobs; ++worker) {
      for (const char* kind : {"crashes", "hangs"}) {
        const auto found = FilesNamed(folder_.afl() / NameOf(worker) / kind, {"id:"});
        crashes.insert(crashes.end(), found.begin(), found.end());
      }
    }
    return crashes;
  }

  // afl-fuzz survives its target.
  bool HasCrashed(int) const override { return false; }
  bool IsDone(int status) const override { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }

 private:
  // With "+" it is a bound for what AFL++ measures. The worker of --exec has a bound of its own,
  // and must not be killed: the program would have to be started again.
  std::string Timeout() const {
    constexpr int kOutOfReach = 600;
    return settings_.is_command ? std::to_string(kOutOfReach * 1000)
                                : fmt::format("{}+", kInputTimeout * 1000);
  }

  static std::string NameOf(int worker) {
    return worker == 0 ? "main" : fmt::format("secondary-{}", worker);
  }

  const CampaignSettings& settings_;
  const CampaignFolder& folder_;
  const std::vector<std::string> target_;
};

}  // namespace

std::unique_ptr<FuzzEngine> MakeAfl(const CampaignSettings& settings, const CampaignFolder& folder,
                                    const std::vector<std::string>& target) {
  return std::make_unique<Afl>(settings, folder, target);
}

}  // namespace hupstorm
