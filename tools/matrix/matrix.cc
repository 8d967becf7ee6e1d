#include "tools/matrix/matrix.h"

#include <algorithm>
#include <deque>
#include <set>

#include "scenarios/language/fit.h"
#include "scenarios/oracles/oracles.h"
#include "target/reference/reference.h"
#include "tools/catalogue/scenario_catalogue.h"

namespace hupstorm {
namespace {

// A target, and what the runs against it found.
struct Column {
  Target target;
  size_t first_job = 0;
  std::vector<const Scenario*> scenarios;
  std::vector<std::vector<Finding>> findings;  // for each of them
};

class Plan {
 public:
  // Over all scenarios for which `why_not` says nothing.
  explicit Plan(const std::function<std::string_view(const Scenario&)>& why_not) {
    for (const Scenario& scenario : Suite()) {
      const std::string_view reason = why_not(scenario);
      if (reason.empty()) {
        scenarios_.push_back(&scenario);
      } else {
        ++left_out_;
        if (why_left_out_.find(reason) == std::string::npos) {
          why_left_out_ += (why_left_out_.empty() ? "" : "; ") + std::string(reason);
        }
      }
    }
  }

  // The reference stays good: columns do not move.
  Column& Add(Target target) {
    Column& column = columns_.emplace_back();
    column.target = std::move(target);
    column.first_job = jobs_.size();
    for (const Scenario* const scenario : scenarios_) {
      if (!Fits(*scenario, column.target)) continue;
      column.scenarios.push_back(scenario);
      jobs_.push_back({scenario, &column.target});
    }
    column.findings.resize(column.scenarios.size());
    return column;
  }

  void Run(const IsolationOptions& options,
           const std::function<void(size_t, size_t)>& on_progress) {
    size_t done = 0;
    RunIsolated(jobs_, options, [&](size_t job, RunResult result) {
      const auto after = std::upper_bound(
          columns_.begin(), columns_.end(), job,
          [](size_t wanted, const Column& column) { return wanted < column.first_job; });
      Column& column = *std::prev(after);
      column.findings[job - column.first_job] = std::move(result.findings);
      on_progress(++done, jobs_.size());
    });
  }

  // What the matrix says of it.
  void Describe(Matrix& matrix) const {
    matrix.scenarios = scenarios_.size();
    matrix.left_out = left_out_;
    matrix.why_left_out = why_left_out_;
    matrix.runs = jobs_.size();
  }

 private:
  std::vector<const Scenario*> scenarios_;
  size_t left_out_ = 0;
  std::string why_left_out_;
  std::deque<Column> columns_;
  std::vector<Job> jobs_;
};

std::vector<std::string> OraclesOf(const Column& column) {
  std::set<std::string, std::less<>> found;
  for (const auto& findings : column.findings) {
    for (const Finding& finding : findings) found.insert(finding.oracle);
  }
  std::vector<std::string> in_order;
  for (const Oracle& oracle : Oracles()) {
    if (found.contains(oracle.name)) in_order.emplace_back(oracle.name);
  }
  return in_order;
}

// How much happens in a scenario: the actions of all clients in all rounds, and the KiB they send.
// Faults and limits weigh more, as a defect is easier to see without them.
uint64_t Weight(const Scenario& scenario) {
  uint64_t actions = 0;
  for (const Step& step : scenario.steps) {
    const uint64_t clients = step.clients.last - step.clients.first + 1;
    const bool shortage = step.action == Action::kFault ||
                          step.action == Action::kLimitDescriptors ||
                          step.action == Action::kLimitMinus;
    actions += clients * (step.action == Action::kSend ? 1 + step.amount / 1024 : 1);
    if (shortage) actions += 4;
  }
  return actions * scenario.rounds;
}

DefectRow JudgeDefect(const Defect& defect, const Column& column) {
  DefectRow row;
  row.defect = &defect;
  row.reported = OraclesOf(column);
  const Scenario* simplest = nullptr;
  for (size_t i = 0; i < column.scenarios.size(); ++i) {
    const bool caught =
        std::any_of(column.findings[i].begin(), column.findings[i].end(),
                    [&](const Finding& finding) { return Expects(defect, finding.oracle); });
    if (!caught) continue;
    const Scenario* scenario = column.scenarios[i];
    row.scenarios.push_back(scenario->name);
    if (simplest == nullptr || Weight(*scenario) < Weight(*simplest)) simplest = scenario;
  }
  if (simplest != nullptr) row.simplest = simplest->name;
  row.caught = simplest != nullptr;
  return row;
}

AsWrittenRow JudgeAsWritten(DocumentedServer server, const Column& column) {
  AsWrittenRow row;
  row.target = NameOf(server);
  row.reported = OraclesOf(column);
  for (const Defect& defect : Defects()) {
    if (defect.server != server || !defect.main || !defect.reachable) continue;
    const bool reported =
        std::any_of(row.reported.begin(), row.reported.end(),
                    [&](const std::string& oracle) { return Expects(defect, oracle); });
    if (!reported) row.missed.emplace_back(defect.name);
  }
  return row;
}

CleanRow JudgeClean(std::string mends, Column& column) {
  CleanRow row{column.target.name, std::move(mends), {}};
  for (auto& findings : column.findings) {
    std::move(findings.begin(), findings.end(), std::back_inserter(row.findings));
  }
  return row;
}

}  // namespace

Matrix RunMatrix(const IsolationOptions& options,
                 const std::function<std::string_view(const Scenario&)>& why_not,
                 const std::function<void(size_t done, size_t total)>& on_progress) {
  Plan plan(why_not);
  std::vector<Column*> defects;
  std::vector<Column*> as_written;
  std::vector<Column*> mended;
  std::vector<Column*> references;
  for (const Defect& defect : Defects()) {
    defects.push_back(&plan.Add(DocumentedTarget(defect.server, AllBut(defect))));
  }
  for (int i = 0; i < kDocumentedServerCount; ++i) {
    const auto server = static_cast<DocumentedServer>(i);
    as_written.push_back(&plan.Add(DocumentedTarget(server, NoMends(server))));
    mended.push_back(&plan.Add(DocumentedTarget(server, AllMends(server))));
  }
  for (Target& target : ReferenceTargets()) references.push_back(&plan.Add(std::move(target)));

  plan.Run(options, on_progress);

  Matrix matrix;
  plan.Describe(matrix);
  for (size_t i = 0; i < defects.size(); ++i) {
    matrix.defects.push_back(JudgeDefect(Defects()[i], *defects[i]));
  }
  for (size_t i = 0; i < as_written.size(); ++i) {
    matrix.as_written.push_back(JudgeAsWritten(static_cast<DocumentedServer>(i), *as_written[i]));
    matrix.clean.push_back(JudgeClean("all", *mended[i]));
  }
  for (Column* column : references) matrix.clean.push_back(JudgeClean("", *column));
  return matrix;
}

}  // namespace hupstorm
