#include "tools/fuzz/campaign_display.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>

#include "tools/cli/text_table.h"

namespace hupstorm {
namespace {

constexpr std::chrono::milliseconds kOnTerminal{500};
constexpr std::chrono::seconds kInLog{10};

}  // namespace

std::string Thousands(uint64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<size_t>(at), ",");
  }
  return text;
}

CampaignDisplay::CampaignDisplay(const CampaignSettings& settings)
    : name_(settings.mend == "none" ? settings.target
                                    : fmt::format("{} --mend {}", settings.target, settings.mend)),
      style_(Style::For(stderr)),
      terminal_(isatty(STDERR_FILENO) == 1),
      shown_(Clock::now()) {
  Line(fmt::format("Fuzzing {} with {}, {}. Ctrl-C stops.", style_.Bold(name_), settings.engine,
                   Count(static_cast<uint64_t>(settings.jobs), "worker")));
}

CampaignDisplay::~CampaignDisplay() {
  if (has_status_) std::fputs("\r\033[K", stderr);
}

void CampaignDisplay::Line(const std::string& text) {
  fmt::print(stderr, "{}{}\n", has_status_ ? "\r\033[K" : "", text);
  has_status_ = false;
}

void CampaignDisplay::Status(const std::string& text) {
  if (!terminal_) return Line(text);
  const size_t columns = TerminalColumns(stderr);
  fmt::print(stderr, "\r\033[K{}", columns > 1 ? text.substr(0, columns - 1) : text);
  std::fflush(stderr);
  has_status_ = true;
}

void CampaignDisplay::OnFinding(const StoredFinding& finding) {
  const FindingRecord& record = finding.record;
  Line(fmt::format("{:>8.1f} s  {}: {}", record.seconds, style_.Red(record.oracle),
                   record.evidence));
}

void CampaignDisplay::OnScenario(const StoredFinding& finding) {
  Line(style_.Dim(fmt::format("            {}", finding.scenario.string())));
}

void CampaignDisplay::OnCrash(const std::filesystem::path& input) {
  Line(fmt::format("            {}: {}", style_.Red("crash"), input.string()));
}

void CampaignDisplay::OnFigures(const CampaignFigures& figures) {
  if (Clock::now() - shown_ <
      (terminal_ ? Clock::duration(kOnTerminal) : Clock::duration(kInLog))) {
    return;
  }
  shown_ = Clock::now();
  Status(fmt::format(
      "{:>8.0f} s  {} executions, {}/s, coverage {}, corpus {}, {}{}", figures.seconds,
      Thousands(figures.executions), Thousands(static_cast<uint64_t>(std::lround(figures.rate))),
      figures.engine.coverage, figures.engine.corpus, Count(figures.findings, "finding"),
      figures.crashes == 0 ? "" : fmt::format(", {} crashes", figures.crashes)));
}

void CampaignDisplay::OnFinishing(size_t scenarios_left) {
  if (Clock::now() - shown_ < std::chrono::seconds(1)) return;
  shown_ = Clock::now();
  Status(fmt::format("making {} small; Ctrl-C leaves them for --resume",
                     Count(scenarios_left, "finding")));
}

}  // namespace hupstorm
