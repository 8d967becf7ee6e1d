#include "tools/report/html_report.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>

#include "scenarios/oracles/oracles.h"
#include "tools/report/bugs.h"
#include "tools/report/findings_report.h"
#include "tools/report/gate_report_text.h"
#include "tools/report/html/pages.h"
#include "tools/report/json_output.h"
#include "tools/report/time_line.h"

namespace hupstorm {
namespace {

using Json = nlohmann::ordered_json;

// Rows of a diagram: the first, and the last up to some after the finding.
constexpr size_t kFirstRows = 40;
constexpr size_t kLastRows = 80;
constexpr size_t kRowsAfter = 6;
constexpr size_t kLongestText = 240;  // bytes of a row
constexpr size_t kMostSockets = 40;
constexpr int kLinesAround = 6;          // of the server's source
constexpr size_t kLongestOutput = 4000;  // bytes of what a server wrote

// In the order of TimeLineEntry::Kind.
constexpr std::string_view kKindNames[] = {"step", "placed", "epilogue", "call",
                                           "log",  "clock",  "finding",  "blame"};

std::string Cut(const std::string& text) {
  return text.size() <= kLongestText ? text : text.substr(0, kLongestText) + " ...";
}

Json RowJson(const TimeLineRow& row) {
  if (row.entry == nullptr) return {{"kind", "remark"}, {"text", "... " + row.remark}};
  Json json = {{"kind", kKindNames[static_cast<size_t>(row.entry->kind)]},
               {"text", Cut(row.entry->text)}};
  if (!row.entry->client.empty()) json["client"] = row.entry->client;
  return json;
}

Json RowsJson(const GateFinding& found) {
  std::vector<TimeLineRow> rows = TimeLineRows(found.time_line, false);
  std::erase_if(rows, [](const TimeLineRow& row) {
    return row.entry != nullptr && row.entry->kind == TimeLineEntry::Kind::kLog &&
           row.entry->text.find_first_not_of(' ') == std::string::npos;
  });
  const auto shows = std::find_if(rows.begin(), rows.end(), [&](const TimeLineRow& row) {
    return row.entry != nullptr && row.entry->kind == TimeLineEntry::Kind::kFinding &&
           row.entry->text.starts_with(found.finding.oracle);
  });
  if (static_cast<size_t>(rows.end() - shows) > kRowsAfter)
    rows.erase(shows + kRowsAfter, rows.end());
  Json json = Json::array();
  const size_t left_out =
      rows.size() > kFirstRows + kLastRows ? rows.size() - kFirstRows - kLastRows : 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (left_out > 0 && i == kFirstRows) {
      json.push_back(
          {{"kind", "remark"},
           {"text", fmt::format("... {} lines that the command above shows", left_out)}});
      i += left_out;
    }
    json.push_back(RowJson(rows[i]));
  }
  return json;
}

Json SocketsJson(std::span<const SocketRow> sockets) {
  Json json = Json::array();
  for (const SocketRow& row : sockets.first(std::min(sockets.size(), kMostSockets))) {
    json.push_back({{"client", row.client},
                    {"server_state", row.server_state},
                    {"client_state", row.client_state},
                    {"fd", row.fd},
                    {"recv_q", row.server_recv_q},
                    {"send_q", row.server_send_q},
                    {"client_recv_q", row.client_recv_q}});
  }
  return json;
}

// The lines around the place: {"from","line","lines":[]}; null if there is no file to be read.
Json SourceJson(const Place& place) {
  std::ifstream file(place.line > 0 ? place.file : "");
  const int from = std::max(place.line - kLinesAround, 1);
  Json lines = Json::array();
  int number = 1;
  for (std::string line; number <= place.line + kLinesAround && std::getline(file, line);
       ++number) {
    if (number >= from) lines.push_back(Cut(line));
  }
  if (number <= place.line) return nullptr;
  return {{"from", from}, {"line", place.line}, {"lines", std::move(lines)}};
}

Json StackJson(const Place& place) {
  Json json = Json::array();
  for (const Frame& frame : place.stack) {
    const std::string where = frame.line > 0
                                  ? fmt::format("{}:{}", FromHere(frame.file), frame.line)
                                  : fmt::format("{}+{:#x}", frame.module, frame.offset);
    json.push_back({{"function", frame.function}, {"where", where}, {"own", frame.own}});
  }
  return json;
}

Json RowsOfFindings(const GateReport& report) {
  Json json = Json::array();
  for (const GateFinding& found : report.findings) {
    const size_t cut = found.output.size() - std::min(found.output.size(), kLongestOutput);
    Json row = FindingJson(found);
    row["rank"] = RankOf(found.finding);
    row["where"] = WhereText(found.finding);
    row["because"] = CauseText(found.finding);
    row["needing"] = NeedsText(found.finding);
    row["source"] = SourceJson(found.finding.place);
    row["stack"] = StackJson(found.finding.place);
    row["output"] = found.output.substr(cut);
    row["rows"] = RowsJson(found);
    row["sockets"] = SocketsJson(found.sockets);
    json.push_back(std::move(row));
  }
  return json;
}

Json AreasJson(const GateReport& report) {
  Json json = Json::array();
  for (const GateArea& area : report.areas) {
    Json cases = Json::array();
    for (const GateCase& one : area.cases) {
      cases.push_back(Json::array({one.name, one.target, one.findings}));
    }
    json.push_back({{"name", area.name},
                    {"did", area.did},
                    {"left_out", area.left_out},
                    {"skipped", area.skipped},
                    {"seconds", area.seconds},
                    {"cases", std::move(cases)}});
  }
  return json;
}

Json CampaignsJson(const GateReport& report) {
  Json json = Json::array();
  for (const CampaignCurves& campaign : report.campaigns) {
    Json rows = Json::array();
    for (const CampaignMoment& moment : campaign.moments) {
      rows.push_back(
          {{"seconds", moment.seconds}, {"rate", moment.rate}, {"coverage", moment.coverage}});
    }
    Json findings = Json::array();
    for (const CampaignCurves::Found& found : campaign.findings) {
      findings.push_back(
          {{"seconds", found.seconds}, {"oracle", found.oracle}, {"evidence", found.evidence}});
    }
    json.push_back({{"target", campaign.target},
                    {"engine", campaign.engine},
                    {"rows", std::move(rows)},
                    {"findings", std::move(findings)}});
  }
  return json;
}

Json DataJson(const GateReport& report) {
  Json oracles = Json::object();
  for (const Oracle& oracle : Oracles()) {
    oracles[std::string(oracle.name)] = {{"holds_when", oracle.holds_when}, {"page", oracle.page}};
  }
  Json defects = Json::array();
  for (const KnownDefect& defect : report.defects) {
    defects.push_back(
        {{"name", defect.name}, {"caught", defect.caught}, {"scenarios", defect.scenarios}});
  }
  return {{"version", HUPSTORM_VERSION},
          {"date", fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr)))},
          {"target", report.target},
          {"mend", report.mend},
          {"world", report.world},
          {"note", report.note},
          {"holds", report.holds()},
          {"broken_off", report.broken_off},
          {"has_baseline", report.has_baseline},
          {"seconds", report.seconds},
          {"areas", AreasJson(report)},
          {"findings", RowsOfFindings(report)},
          {"gone", GoneJson(report)},
          {"oracles", std::move(oracles)},
          {"defects", std::move(defects)},
          {"campaigns", CampaignsJson(report)}};
}

// Within a script element nothing may look like its end.
std::string ForScript(std::string_view text) {
  std::string safe;
  for (size_t i = 0; i < text.size(); ++i) {
    safe += text.substr(i).starts_with("</") ? "<\\" : text.substr(i, 1);
  }
  return safe;
}

std::string DataText(const GateReport& report) {
  std::string text =
      DataJson(report).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  // "<!--" would begin a comment there, and hide the element's end.
  std::string safe;
  for (const char c : text) safe += c == '<' ? "\\u003c" : std::string(1, c);
  return safe;
}

}  // namespace

std::string HtmlText(const GateReport& report) {
  std::string html;
  std::string_view page = ReportPage();
  while (!page.empty()) {
    const size_t begin = std::min(page.find("\n@"), page.find(">@"));
    if (begin == std::string_view::npos) break;
    const size_t end = page.find('@', begin + 2);
    const std::string_view name = page.substr(begin + 2, end - begin - 2);
    html += page.substr(0, begin + 1);
    page.remove_prefix(end + 1);
    if (name == "STYLE") html += ReportStyle();
    if (name == "DATA") html += DataText(report);
    if (name == "D3") html += ForScript(D3Script());
    if (name == "SCRIPT") html += ForScript(ReportScript());
  }
  return html += page;
}

}  // namespace hupstorm
