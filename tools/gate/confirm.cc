#include "tools/gate/confirm.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "scenarios/language/print.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"

namespace hupstorm {

std::vector<Confirmation> ConfirmOnLinux(const ServerChoice& server,
                                         const IsolationOptions& isolation,
                                         std::span<const Question> questions) {
  using State = Confirmation::State;
  std::vector<Confirmation> answers(questions.size());
  if (!server.place_on_linux) return answers;
  std::vector<Job> jobs;
  std::map<std::string, size_t> job_of;  // by what a scenario says
  for (size_t i = 0; i < questions.size(); ++i) {
    const Question& question = questions[i];
    if (question.oracles == std::set<std::string>{"heap-leak"}) {
      answers[i] = {State::kCannotBe, "nobody counts what a program on Linux allocates"};
    } else if (std::string why = server.place_on_linux->why_not(*question.scenario); !why.empty()) {
      answers[i] = {State::kCannotBe, std::move(why)};
    } else if (job_of.try_emplace(PrintScenario(*question.scenario), jobs.size()).second) {
      jobs.push_back({question.scenario, question.target});
    }
  }
  IsolationOptions on_linux = isolation;
  on_linux.make_world = server.place_on_linux->make_world;
  on_linux.run = RunOptions();
  std::vector<std::set<std::string>> oracles(jobs.size());
  Progress progress("asking Linux");
  size_t done = 0;
  std::vector<bool> has_run(jobs.size());
  std::string why_no_more;
  try {
    RunIsolated(jobs, on_linux, [&](size_t job, RunResult result) {
      has_run[job] = true;
      for (Finding& finding : result.findings) oracles[job].insert(std::move(finding.oracle));
      progress.Update(++done, jobs.size(), "", jobs[job].scenario->name);
    });
  } catch (const FailedError& error) {
    why_no_more = error.what();
  }
  for (size_t i = 0; i < questions.size(); ++i) {
    if (answers[i].state == State::kCannotBe) continue;
    const size_t job = job_of.at(PrintScenario(*questions[i].scenario));
    if (!has_run[job]) {
      answers[i] = {State::kCannotBe, why_no_more};
      continue;
    }
    // Threads that wait for each other are seen on Linux by what they leave undone.
    const bool is_deadlock = questions[i].oracles.contains("deadlock");
    const bool is_shown = std::ranges::any_of(oracles[job], [&](const std::string& oracle) {
      return is_deadlock || questions[i].oracles.contains(oracle);
    });
    answers[i].state = is_shown ? State::kConfirmed : State::kNotReproduced;
    if (!is_shown && (is_deadlock || questions[i].scenario->schedule != 0)) {
      answers[i] = {State::kCannotBe, "Linux chose another order of threads"};
    }
  }
  return answers;
}

void ConfirmByBug(std::span<const std::string> bugs, std::span<Confirmation> answers) {
  std::set<std::string_view> confirmed;
  for (size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].state == Confirmation::State::kConfirmed) confirmed.insert(bugs[i]);
  }
  for (size_t i = 0; i < answers.size(); ++i) {
    if (confirmed.contains(bugs[i])) answers[i] = {Confirmation::State::kConfirmed};
  }
}

}  // namespace hupstorm
