#include "tools/fuzz/campaign.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "base/files.h"
#include "scenarios/language/fit.h"
#include "scenarios/worlds/last_words.h"
#include "tools/catalogue/protocols.h"
#include "tools/catalogue/target_catalogue.h"
#include "tools/cli/errors.h"
#include "tools/fuzz/fuzz_target.h"

namespace hupstorm {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kBetweenLooks{100};
constexpr milliseconds kFileClockTick{100};
constexpr seconds kBetweenNotes{1};     // of progress.csv
constexpr seconds kPatienceAtStop{20};  // for a fuzzer to finish what it is at
constexpr seconds kPatienceForScenarios{120};
// A worker whose target crashes again and again is given up.
constexpr int kMostCrashes = 200;
constexpr int kMostIdleCrashes = 3;
constexpr size_t kLastWords = 2000;  // bytes of a worker's log that are shown
// Engines lose what they cannot write, so they are stopped before the disk is full.
constexpr uint64_t kLeastFreeSpace = 16 << 20;

// Keeps SIGINT and SIGTERM from the process, to be waited for instead.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGCHLD);  // ends a wait early
    sigprocmask(SIG_BLOCK, &set_, &before_);
  }
  ~StopSignals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // True if one came; waits for it, or a child's end, for at most this long.
  bool Wait(milliseconds most) const {
    const timespec timeout{.tv_sec = most.count() / 1000,
                           .tv_nsec = (most.count() % 1000) * 1'000'000};
    const int signal = sigtimedwait(&set_, nullptr, &timeout);
    return signal == SIGINT || signal == SIGTERM;
  }

 private:
  sigset_t set_;
  sigset_t before_;
};

std::string EndOfFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const auto size = static_cast<size_t>(std::max<std::streamoff>(file.tellg(), 0));
  file.seekg(static_cast<std::streamoff>(size - std::min(size, kLastWords)));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::unique_ptr<FuzzEngine> MakeEngine(const CampaignSettings& settings,
                                       const CampaignFolder& folder,
                                       const std::vector<std::string>& target) {
  return settings.engine == kAflName ? MakeAfl(settings, folder, target)
                                     : MakeLibFuzzer(settings, folder, target.front());
}

}  // namespace

Campaign::Campaign(const CampaignSettings& settings, const CampaignFolder& folder,
                   const std::vector<std::string>& target, CampaignDisplay& display)
    : settings_(settings),
      folder_(folder),
      display_(display),
      engine_(MakeEngine(settings, folder, target)),
      shrinker_(target, Environment(), folder.root / "shrink.log",
                [&display](const StoredFinding& finding) { display.OnScenario(finding); }) {
  fs::create_directories(folder_.findings());
  if (IsDiskFull()) {
    throw FailedError("less than {} MiB are free in {}: make room there, or give another --out",
                      kLeastFreeSpace >> 20, folder_.root.string());
  }
  counters_ = MapCampaignCounters(folder_.counters());
  counters_->Resume();
  engine_->Prepare();
  fs::remove(folder_.refusal());
  for (const fs::path& crash : engine_->Crashes()) known_crashes_.insert(crash);
  workers_.resize(static_cast<size_t>(settings.jobs));
}

Campaign::~Campaign() = default;

std::vector<std::string> Campaign::Environment() const {
  if (!settings_.is_command && !IsServer(settings_.target)) return {};
  Target target;
  if (settings_.is_command) {
    const SpokenProtocol spoken = ParseProtocol(settings_.protocol);
    target.protocol = spoken.protocol;
    target.exchange = spoken.exchange;
  } else {
    target = MakeTarget(settings_.target, ParseMend(settings_.mend));
  }
  std::vector<std::string> environment = {
      fmt::format("HUPSTORM_PROTOCOL={}", ProtocolName(WrittenFor(target))),
      "HUPSTORM_MUTATOR=" + settings_.mutator};
  if (IsDocumented(settings_.target)) environment.push_back("HUPSTORM_MEND=" + settings_.mend);
  return environment;
}

void Campaign::Start(int worker) {
  ProgramCall call = engine_->WorkerCall(worker);
  for (std::string& variable : Environment()) call.environment.push_back(std::move(variable));
  call.environment.push_back("HUPSTORM_FINDINGS=" + folder_.findings().string());
  call.environment.push_back("HUPSTORM_COUNTERS=" + folder_.counters().string());
  call.environment.push_back(fmt::format("HUPSTORM_WORKER={}", worker));
  Worker& started = workers_[static_cast<size_t>(worker)];
  started.executions_at_start = counters_->workers[static_cast<size_t>(worker)].executions;
  started.process = StartProgram(call, folder_.log(worker));
}

CampaignEnd Campaign::Run(const CampaignLimits& limits) {
  const StopSignals signals;
  begin_ = measured_ = Clock::now();
  executions_measured_ = counters_->Executions();
  LookAtFindings();  // those of earlier sessions, which may lack their scenario
  for (int worker = 0; worker < settings_.jobs; ++worker) Start(worker);
  std::optional<CampaignEnd> end;
  while (!end) {
    if (signals.Wait(kBetweenLooks)) end = CampaignEnd::kInterrupted;
    if (!LookAtWorkers() && !end) end = CampaignEnd::kEngineDone;
    LookAtFindings();
    LookAtCrashes();
    shrinker_.Tick();
    Measure();
    if (!end) end = WhyStop(limits);
  }
  for (Worker& worker : workers_) worker.process.Signal(SIGINT);  // fuzzers finish what they are at
  const auto patience = Clock::now() + kPatienceAtStop;
  const auto runs = [](Worker& worker) { return !worker.process.Status(); };
  while (std::any_of(workers_.begin(), workers_.end(), runs) && Clock::now() < patience) {
    if (signals.Wait(kBetweenLooks)) break;
    shrinker_.Tick();
  }
  for (Worker& worker : workers_) worker.process.Kill();
  LookAtFindings();
  LookAtCrashes();
  Measure();
  const auto last = Clock::now() + kPatienceForScenarios;
  while (!shrinker_.IsIdle() && Clock::now() < last) {
    shrinker_.Tick();
    display_.OnFinishing(shrinker_.left());
    if (!shrinker_.IsIdle() && signals.Wait(kBetweenLooks)) break;
  }
  return *end;
}

std::optional<CampaignEnd> Campaign::WhyStop(const CampaignLimits& limits) const {
  if (limits.time && Clock::now() - begin_ >= *limits.time) return CampaignEnd::kTime;
  const auto is_wanted = [&](const StoredFinding& finding) {
    return std::find(limits.until.begin(), limits.until.end(), finding.record.oracle) !=
           limits.until.end();
  };
  if (findings_.size() >= limits.findings ||
      std::any_of(findings_.begin(), findings_.end(), is_wanted)) {
    return CampaignEnd::kFindings;
  }
  if (IsDiskFull()) return CampaignEnd::kDiskFull;
  return std::nullopt;
}

bool Campaign::LookAtWorkers() {
  bool any = false;
  for (int i = 0; i < settings_.jobs; ++i) {
    Worker& worker = workers_[static_cast<size_t>(i)];
    const std::optional<int> status = worker.process.Status();
    if (!status) {
      any = true;
    } else if (engine_->HasCrashed(*status)) {
      const uint64_t executions = counters_->workers[static_cast<size_t>(i)].executions;
      worker.idle_crashes = executions > worker.executions_at_start ? 0 : worker.idle_crashes + 1;
      if (worker.idle_crashes >= kMostIdleCrashes) Fail(i, *status);
      if (++worker.crashes >= kMostCrashes) continue;
      Start(i);
      any = true;
    } else if (!engine_->IsDone(*status)) {
      Fail(i, *status);
    }
  }
  return any;
}

void Campaign::Fail(int worker, int status) const {
  if (const std::optional<std::string> why = ReadWhole(folder_.refusal())) {
    throw FailedError("a worker cannot go on: {}", *why);
  }
  throw FailedError("a worker cannot go on: {}. The end of {}:\n{}", EndOfProcess(status),
                    folder_.log(worker).string(), EndOfFile(folder_.log(worker)));
}

void Campaign::LookAtFindings() {
  std::error_code error;
  const auto changed = fs::last_write_time(folder_.findings(), error);
  // Changes within a tick of the file system's clock look like one.
  const bool is_settled = fs::file_time_type::clock::now() - changed > kFileClockTick;
  if (error || (changed == findings_changed_ && is_settled)) return;
  findings_changed_ = changed;
  for (StoredFinding& finding : StoredFindings(folder_.findings())) {
    const bool known =
        std::any_of(findings_.begin(), findings_.end(),
                    [&](const StoredFinding& other) { return other.input == finding.input; });
    if (known) continue;
    if (!fs::exists(finding.scenario)) shrinker_.Add(finding);
    display_.OnFinding(finding);
    findings_.push_back(std::move(finding));
  }
}

void Campaign::LookAtCrashes() {
  for (const fs::path& crash : engine_->Crashes()) {
    if (known_crashes_.insert(crash).second) display_.OnCrash(crash);
  }
}

void Campaign::Measure() {
  constexpr std::chrono::duration<double> kShort(0.5);
  const auto now = Clock::now();
  counters_->SaveTime();
  figures_.seconds = counters_->Seconds();
  figures_.executions = counters_->Executions();
  const std::chrono::duration<double> since = now - measured_;
  if (since >= kShort) {
    figures_.rate = static_cast<double>(figures_.executions - executions_measured_) / since.count();
    measured_ = now;
    executions_measured_ = figures_.executions;
  }
  figures_.engine = engine_->Figures();
  figures_.findings = findings_.size();
  figures_.crashes = known_crashes_.size();
  display_.OnFigures(figures_);
  if (now - noted_ < kBetweenNotes) return;
  noted_ = now;
  const bool is_new = !fs::exists(folder_.progress());
  std::ofstream file(folder_.progress(), std::ios::app);
  if (is_new) file << "seconds,executions,coverage,corpus,findings,crashes\n";
  file << fmt::format("{:.1f},{},{},{},{},{}\n", figures_.seconds, figures_.executions,
                      figures_.engine.coverage, figures_.engine.corpus, figures_.findings,
                      figures_.crashes);
}

bool Campaign::IsDiskFull() const {
  struct statvfs disk {};
  if (statvfs(folder_.root.c_str(), &disk) != 0) return false;
  return disk.f_bavail * disk.f_frsize < kLeastFreeSpace;
}

}  // namespace hupstorm
