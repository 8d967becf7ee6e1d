#include "tools/gate/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <iterator>
#include <utility>

#include "base/scoped_value.h"
#include "scenarios/language/fit.h"
#include "scenarios/language/print.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/cli/text_table.h"
#include "tools/gate/campaign_curves.h"
#include "tools/gate/corpus_inputs.h"
#include "tools/gate/findings_book.h"
#include "tools/gate/run_once_more.h"
#include "tools/gate/smoke.h"
#include "tools/report/bugs.h"
#include "tools/report/sweep_report.h"
#include "tools/shrink/finding_shrinker.h"
#include "tools/sweep/sweep_runner.h"

namespace hupstorm {
namespace {

// The longest that findings of the fuzz area are made small for: each, and all together.
constexpr std::chrono::seconds kShrinkOne{5};
constexpr std::chrono::seconds kShrinkAll{60};
// Runs that only --timeout ends, after which an area is given up.
constexpr int kMostTimeouts = 10;

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// If an oracle says what is wrong, it is no news that a scenario expected something else.
void LeaveOutWhatFollows(std::vector<Finding>& findings) {
  if (!std::all_of(findings.begin(), findings.end(), IsExpectation)) {
    std::erase_if(findings, IsExpectation);
  }
}

class Gate {
 public:
  explicit Gate(const GateSettings& settings)
      : settings_(settings),
        server_(*settings.server),
        isolation_(settings.isolation),
        bugs_(server_.targets),
        book_(settings.baseline ? &*settings.baseline : nullptr) {
    isolation_.most_timeouts = kMostTimeouts;
  }

  GateReport Run() {
    const Clock::time_point start = Clock::now();
    report_.target = server_.name;
    report_.mend = server_.mend;
    report_.world = server_.world;
    report_.note = server_.note;
    InArea(kSuiteArea, [this](GateArea& area) { RunSuite(area); });
    if (!settings_.corpora.empty()) {
      InArea("corpus", [this](GateArea& area) { RunCorpora(area); });
    }
    InArea("sweep", [this](GateArea& area) { RunMany(area, &Gate::RunSweepArea); });
    InArea("fuzz", [this](GateArea& area) { RunMany(area, &Gate::RunFuzz); });
    RunSelf();
    RunOnceMore(server_, isolation_, settings_.unconfirmed, book_.entries());
    Finish();
    report_.seconds = SecondsSince(start);
    return std::move(report_);
  }

 private:
  template <typename Work>
  void InArea(const std::string& name, const Work& work) {
    GateArea& area = report_.areas.emplace_back();
    area.name = name;
    const Clock::time_point start = Clock::now();
    try {
      work(area);
    } catch (const FailedError& error) {
      // What was found until then is not lost; nor does a pass that is cut short count as one.
      if (book_.entries().empty()) throw;
      report_.broken_off = fmt::format("{} was broken off: {}", area.name, error.what());
      if (area.did.empty()) area.did = "not all";
      area.left_out.push_back(report_.broken_off);
    }
    area.seconds = SecondsSince(start);
    settings_.on_area_done(area);
  }

  // Runs the jobs, a case each, and books what they show.
  void RunJobs(std::span<const Job> jobs, bool in_files, GateArea& area) {
    for (const Job& job : jobs) {
      area.cases.push_back({.name = job.scenario->name, .target = job.target->name});
    }
    std::vector<RunResult> results(jobs.size());
    std::vector<bool> ran(jobs.size());
    Progress progress(area.name);
    size_t done = 0;
    size_t found = 0;
    Clock::time_point last = Clock::now();
    const auto take = [&](size_t job, RunResult result) {
      area.cases[job].seconds = SecondsSince(std::exchange(last, Clock::now()));
      LeaveOutWhatFollows(result.findings);
      bugs_.Name(result);
      found += result.findings.size();
      results[job] = std::move(result);
      ran[job] = true;
      progress.Update(++done, jobs.size(), Count(found, "finding"), jobs[job].scenario->name);
    };
    // Workers finish in any order; findings are booked in that of the jobs, as a bug is shown by
    // the first of them.
    const auto book = [&] {
      for (const ToldReason& told : kToldReasons) {
        ByReason names;
        for (size_t job = 0; job < jobs.size(); ++job) {
          const std::string& why = results[job].*told.why;
          if (!why.empty()) names[why].push_back(jobs[job].scenario->name);
        }
        std::ranges::move(ReasonTexts(names, told.what), std::back_inserter(area.left_out));
      }
      for (size_t job = 0; job < jobs.size(); ++job) {
        for (Finding& finding : results[job].findings) {
          bugs_.Recall(finding);
          area.cases[job].findings.push_back(
              book_.Enter(std::move(finding), area.name, [&](BookedFinding& entry) {
                entry.target = jobs[job].target;
                entry.SetScenario(*jobs[job].scenario, in_files);
                entry.report.output = results[job].output;
              }));
        }
      }
    };
    try {
      RunIsolated(jobs, ForBlame(), take);
    } catch (const FailedError&) {
      book();
      // What was not run is no case that passed.
      area.did = fmt::format("{} of {}", done, area.did);
      std::vector<GateCase> cases;
      for (size_t job = 0; job < jobs.size(); ++job) {
        if (ran[job]) cases.push_back(std::move(area.cases[job]));
      }
      area.cases = std::move(cases);
      throw;
    }
    book();
  }

  IsolationOptions ForBlame() const {
    IsolationOptions isolation = isolation_;
    isolation.run.find_blame = true;
    return isolation;
  }

  void RunSuite(GateArea& area) {
    area.did = Count(settings_.jobs.size(), "scenario");
    area.left_out = ReasonTexts(settings_.left_out, kLeftOut);
    RunJobs(settings_.jobs, /*in_files=*/true, area);
  }

  void RunCorpora(GateArea& area) {
    const std::vector<CorpusInput> inputs = LoadCorpora(settings_.corpora);
    for (const std::string& folder : settings_.corpora) {
      if (auto curves = LoadCampaignCurves(folder)) report_.campaigns.push_back(*std::move(curves));
    }
    std::vector<Job> jobs;
    size_t left_out = 0;
    for (const Target& target : server_.targets) {
      for (const CorpusInput& input : inputs) {
        Scenario& scenario = corpus_.emplace_back(input.scenario);
        if (input.from_bytes) scenario.protocol = WrittenFor(target);
        if (Fits(scenario, target) && server_.place.why_not(scenario).empty()) {
          jobs.push_back({&scenario, &target});
        } else {
          corpus_.pop_back();
          ++left_out;
        }
      }
    }
    area.did = Count(jobs.size(), "input");
    if (left_out > 0) {
      area.left_out.push_back(fmt::format("{} left out: not for this server or world", left_out));
    }
    RunJobs(jobs, /*in_files=*/true, area);
  }

  // What is made up by the thousand is left, if the program cannot go on where that is fast.
  void RunMany(GateArea& area, void (Gate::*run)(GateArea&)) {
    if (!server_.world_of_many) return (this->*run)(area);
    const ScopedValue many(isolation_.make_world, server_.world_of_many);
    try {
      (this->*run)(area);
    } catch (const FailedError& error) {
      area.skipped = error.what();
    }
  }

  void RunSweepArea(GateArea& area) {
    if (!settings_.sweep) {
      area.skipped = "--no-sweep";
      return;
    }
    if (server_.world != kDefaultWorld) {
      area.skipped = "it needs the simulated kernel (--world simulated)";
      return;
    }
    Progress progress(area.name);
    SweepSettings sweep;
    sweep.isolation = isolation_;
    sweep.bugs = &bugs_;
    sweep.on_progress = [&progress](uint64_t done, uint64_t total, size_t findings) {
      progress.Update(done, total, Count(findings, "finding"));
    };
    const SweepReport swept = RunSweep(settings_.jobs, sweep);
    area.did = Count(swept.placements, "placement");
    if (!swept.broken_off.empty()) area.left_out.push_back(swept.broken_off);
    std::map<std::pair<std::string, std::string>, size_t> case_of;  // by scenario and target
    for (const Job& job : settings_.jobs) {
      case_of[{job.scenario->name, job.target->name}] = area.cases.size();
      area.cases.push_back({.name = job.scenario->name,
                            .target = job.target->name,
                            .seconds = swept.seconds / static_cast<double>(settings_.jobs.size())});
    }
    for (const SweepFinding& found : swept.findings) {
      const auto place = case_of.find({found.finding.scenario, found.finding.target});
      if (place == case_of.end()) continue;  // a sweep names its own scenarios only
      area.cases[place->second].findings.push_back(
          book_.Enter(found.finding, area.name, [&](BookedFinding& entry) {
            entry.target = TargetNamed(found.finding.target);
            entry.SetText(found.text);
            entry.report.again = found.alone;
          }));
    }
  }

  void RunFuzz(GateArea& area) {
    if (settings_.fuzz_runs == 0) {
      area.skipped = "--fuzz-runs 0";
      return;
    }
    Progress progress(area.name);
    const uint64_t total = settings_.fuzz_runs * server_.targets.size();
    uint64_t before = 0;
    Clock::time_point shrink_until = Clock::now() + kShrinkAll;
    for (const Target& target : server_.targets) {
      const Clock::time_point start = Clock::now();
      SmokeSettings smoke;
      smoke.isolation = isolation_;
      smoke.runs = settings_.fuzz_runs;
      smoke.seed = settings_.seed;
      smoke.can_run = [this](const Scenario& scenario) {
        return server_.place.why_not(scenario).empty();
      };
      smoke.on_progress = [&](uint64_t done) {
        progress.Update(before + done, total, Count(book_.entries().size(), "finding"));
      };
      GateCase one{.name = fmt::format("seed {}", settings_.seed), .target = target.name};
      std::vector<SmokeFinding> hits = RunSmoke(SeedsFor(target), target, smoke);
      FindPlaces(hits, target);
      for (SmokeFinding& found : hits) {
        one.findings.push_back(book_.Enter(found.finding, area.name, [&](BookedFinding& entry) {
          entry.target = &target;
          entry.SetText(Smallest(found, target, shrink_until));
        }));
      }
      before += settings_.fuzz_runs;
      one.seconds = SecondsSince(start);
      area.cases.push_back(std::move(one));
    }
    area.did =
        fmt::format("{} random scenarios a target, seed {}", settings_.fuzz_runs, settings_.seed);
  }

  // What was found among thousands of runs has no place yet.
  void FindPlaces(std::vector<SmokeFinding>& hits, const Target& target) {
    std::vector<Job> jobs;
    for (const SmokeFinding& hit : hits) jobs.push_back({&hit.scenario, &target});
    Progress progress("places");
    size_t done = 0;
    RunIsolated(jobs, ForBlame(), [&](size_t job, RunResult result) {
      bugs_.Name(result);
      const auto same =
          std::ranges::find(result.findings, hits[job].finding.fingerprint, &Finding::fingerprint);
      if (same != result.findings.end()) hits[job].finding.TakeBlame(*same);
      progress.Update(++done, jobs.size(), "");
    });
    for (SmokeFinding& hit : hits) bugs_.Recall(hit.finding);
  }

  std::vector<const Scenario*> SeedsFor(const Target& target) const {
    std::vector<const Scenario*> seeds;
    for (const Job& job : settings_.jobs) {
      if (job.target == &target) seeds.push_back(job.scenario);
    }
    return seeds;
  }

  // The text of the smallest scenario that shows it, or of the first if there is no time left.
  std::string Smallest(const SmokeFinding& found, const Target& target,
                       Clock::time_point deadline) const {
    ShrinkOptions bounds;
    bounds.deadline = std::min(Clock::now() + kShrinkOne, deadline);
    if (Clock::now() < deadline) {
      FindingShrinker::Options options;
      options.isolation = isolation_;
      options.is_repeatable = server_.world == kDefaultWorld;
      options.can_run = [this, &target](const Scenario& candidate) {
        return Fits(candidate, target) && server_.place.why_not(candidate).empty();
      };
      FindingShrinker shrinker(target, std::move(options));
      if (const auto shrunk = shrinker.Shrink(found.scenario, found.finding, bounds)) {
        return shrunk->text;
      }
    }
    Scenario scenario = found.scenario;
    scenario.title = fmt::format("{}: {}.", found.finding.oracle, found.finding.evidence);
    return PrintScenario(scenario);
  }

  void RunSelf() {
    const auto enter = [this](const std::string& area, Finding finding, std::string replay) {
      return book_.Enter(std::move(finding), area, [&](BookedFinding& entry) {
        entry.report.replay = std::move(replay);
        entry.in_file = true;
      });
    };
    for (const SelfArea& self : settings_.self_areas) {
      InArea(self.name, [&](GateArea& area) { self.run(area, report_, enter); });
    }
  }

  const Target* TargetNamed(const std::string& name) const {
    const auto target = std::ranges::find(server_.targets, name, &Target::name);
    return target == server_.targets.end() ? nullptr : &*target;
  }

  // What the user can do with each.
  void Finish() {
    for (BookedFinding& entry : book_.entries()) {
      GateFinding& report = entry.report;
      Finding& finding = report.finding;
      report.is_minor = finding.severity < settings_.severity;
      if (!entry.in_file) {
        finding.file = ScenarioFile(settings_.out, finding);
        report.replay = ReplayOfText(settings_.program, finding, report.text, server_.as_options);
      } else if (report.replay.empty()) {
        report.replay =
            ReplayCommand(settings_.program, finding, server_.as_options(finding.target));
        if (entry.scenario) report.text = PrintScenario(*entry.scenario);
      }
      report_.findings.push_back(std::move(report));
    }
    if (settings_.baseline) NoteBaseline(*settings_.baseline, report_);
  }

  const GateSettings& settings_;
  const ServerChoice& server_;
  IsolationOptions isolation_;
  std::deque<Scenario> corpus_;
  BugNamer bugs_;
  FindingsBook book_;
  GateReport report_;
};

}  // namespace

GateReport RunGate(const GateSettings& settings) { return Gate(settings).Run(); }

}  // namespace hupstorm
