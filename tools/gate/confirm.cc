#include "tools/gate/confirm.h"

#include <map>
#include <set>
#include <utility>

#include "scenarios/language/print.h"
#include "tools/cli/output.h"

namespace hupstorm {

std::vector<Confirmation> ConfirmOnLinux(const ServerChoice& server,
                                         const IsolationOptions& isolation,
                                         std::span<const Question> questions) {
  using State = Confirmation::State;
  std::vector<Confirmation> answers(questions.size());
  if (server.make_linux_world == nullptr) return answers;
  std::vector<Job> jobs;
  std::map<std::string, size_t> job_of;  // by what a scenario says
  for (size_t i = 0; i < questions.size(); ++i) {
    const Question& question = questions[i];
    if (std::string why = server.why_not_on_linux(*question.scenario); !why.empty()) {
      answers[i] = {State::kCannotBe, std::move(why)};
    } else if (job_of.try_emplace(PrintScenario(*question.scenario), jobs.size()).second) {
      jobs.push_back({question.scenario, question.target});
    }
  }
  IsolationOptions on_linux = isolation;
  on_linux.make_world = [&server](int) { return server.make_linux_world(); };
  on_linux.run = RunOptions();
  std::vector<std::set<std::string>> oracles(jobs.size());
  Progress progress("asking Linux");
  size_t done = 0;
  RunIsolated(jobs, on_linux, [&](size_t job, RunResult result) {
    for (Finding& finding : result.findings) oracles[job].insert(std::move(finding.oracle));
    progress.Update(++done, jobs.size(), "", jobs[job].scenario->name);
  });
  for (size_t i = 0; i < questions.size(); ++i) {
    if (answers[i].state == State::kCannotBe) continue;
    const size_t job = job_of.at(PrintScenario(*questions[i].scenario));
    const bool is_shown = oracles[job].contains(questions[i].oracle);
    answers[i].state = is_shown ? State::kConfirmed : State::kNotReproduced;
  }
  return answers;
}

}  // namespace hupstorm
