#include "tools/report/sarif_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "scenarios/oracles/oracles.h"
#include "target/documented/documented.h"
#include "tools/catalogue/mend_places.h"
#include "tools/report/bugs.h"
#include "tools/report/clean_text.h"
#include "tools/report/json_output.h"

namespace hupstorm {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kSchema[] = "https://json.schemastore.org/sarif-2.1.0.json";
// Version 1 was of a finding.
constexpr char kFingerprintName[] = "hupstorm/v2";

struct Rule {
  std::string_view name;
  std::string_view holds_when;
  std::string_view page;
};

std::vector<Rule> Rules() {
  std::vector<Rule> rules;
  for (const Oracle& oracle : Oracles()) {
    rules.push_back({oracle.name, oracle.holds_when, oracle.page});
  }
  rules.push_back({kMatrixArea, "each known defect is caught, and no correct server is reported",
                   "hupstorm matrix shows the whole table."});
  rules.push_back({kConformanceArea, "the simulated kernel does as Linux does",
                   "hupstorm conform shows the program of system calls in which they differ."});
  return rules;
}

Json Text(std::string_view text) { return {{"text", CleanText(text)}}; }

std::string Sentence(std::string_view text) {
  std::string sentence(text);
  if (!sentence.empty() && sentence[0] >= 'a' && sentence[0] <= 'z') {
    sentence[0] = static_cast<char>(sentence[0] - 'a' + 'A');
  }
  return sentence + (sentence.ends_with('.') ? "" : ".");
}

// A path as a URI: relative if the path is.
std::string Uri(std::string_view path) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    uri += kPlain.find(c) != std::string_view::npos
               ? std::string(1, c)
               : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

Json PlaceJson(std::string_view path, int line) {
  return {{"artifactLocation", {{"uri", Uri(path)}}},
          {"region", {{"startLine", std::max(line, 1)}}}};
}

Json ScenarioJson(const Finding& finding) {
  Json location;
  if (!finding.file.empty()) location["physicalLocation"] = PlaceJson(finding.file, finding.line);
  const std::string name = finding.scenario.empty() ? finding.target : finding.scenario;
  location["logicalLocations"] =
      Json::array({{{"name", CleanText(name)},
                    {"fullyQualifiedName", CleanText(fmt::format("{}: {}", finding.target, name))},
                    {"kind", "scenario"}}});
  return location;
}

// Of a frame that has a line.
Json FrameJson(const Frame& frame) {
  return {{"physicalLocation", PlaceJson(FromHere(frame.file), frame.line)},
          {"logicalLocations",
           Json::array({{{"name", CleanText(frame.function)}, {"kind", "function"}}})}};
}

// In the server's source; if that is not known, in the scenario.
Json LocationJson(const Finding& finding) {
  const Place& place = finding.place;
  return place.line > 0 ? FrameJson(place.stack[place.frame]) : ScenarioJson(finding);
}

// Those of the server's functions that have called that one, and the scenario's step.
Json AroundJson(const Finding& finding) {
  Json locations = Json::array();
  const auto add = [&](Json location, const std::string& message) {
    location["id"] = locations.size() + 1;
    location["message"] = Text(message);
    locations.push_back(std::move(location));
  };
  const Place& place = finding.place;
  for (size_t i = place.frame + 1; i < place.stack.size(); ++i) {
    const Frame& frame = place.stack[i];
    if (frame.own && frame.line > 0) add(FrameJson(frame), "called by " + frame.function);
  }
  add(ScenarioJson(finding), "the scenario that shows it");
  return locations;
}

// Where a document's server does what this oracle reports: at each defect that is left in it and
// that the oracle is known to report. It is one of them; the scenario shows which.
Json SourceLocations(const Finding& finding, std::string_view mend) {
  Json locations = Json::array();
  for (const Defect& defect : Defects()) {
    if (NameOf(defect.server) != finding.target) continue;
    if (std::find(defect.expected.begin(), defect.expected.end(), finding.oracle) ==
        defect.expected.end()) {
      continue;
    }
    const auto mends = MendsFromText(defect.server, mend);
    if (mends && mends->Has(defect.mend)) continue;
    const MendPlace* const place = FindMendPlace(finding.target, defect.mend);
    if (place == nullptr) continue;
    locations.push_back(
        {{"id", locations.size() + 1},
         {"physicalLocation", PlaceJson(place->path, place->line)},
         {"message", Text(fmt::format("{}: {}", defect.full_name, Sentence(defect.goes_wrong)))}});
  }
  return locations;
}

const char* LevelOf(Severity severity) {
  constexpr const char* kLevels[] = {"note", "warning", "error"};
  return kLevels[static_cast<size_t>(severity)];
}

// What a result begins with.
Json ResultOf(const std::string& oracle, const std::map<std::string_view, size_t>& rules) {
  Json result = {{"ruleId", oracle}};
  if (const auto rule = rules.find(oracle); rule != rules.end()) result["ruleIndex"] = rule->second;
  return result;
}

Json ResultJson(const GateFinding& found, const GateReport& report,
                const std::map<std::string_view, size_t>& rules) {
  const Finding& finding = found.finding;
  Json result = ResultOf(finding.oracle, rules);
  result["level"] = found.shuts() ? LevelOf(finding.severity) : "note";
  std::string why;
  for (const std::string& text : WhyTexts(finding)) why += Sentence(text) + "\n";
  result["message"] = Text(
      fmt::format("{}: {}\n{}To see it: {}", finding.target, finding.evidence, why, found.replay));
  result["locations"] = Json::array({LocationJson(finding)});
  Json around =
      finding.place.line > 0 ? AroundJson(finding) : SourceLocations(finding, report.mend);
  if (!around.empty()) result["relatedLocations"] = std::move(around);
  result["partialFingerprints"] = {{kFingerprintName, BugOf(finding)}};
  if (report.has_baseline) result["baselineState"] = found.tolerated ? "unchanged" : "new";
  result["occurrenceCount"] = std::max<size_t>(found.cases, 1);
  result["properties"] = {{"severity", SeverityName(finding.severity)},
                          {"target", CleanText(finding.target)},
                          {"scenario", CleanText(finding.scenario)},
                          {"area", found.area},
                          {"replay", CleanText(found.replay)}};
  return result;
}

Json AbsentJson(const BaselineEntry& gone, const std::map<std::string_view, size_t>& rules) {
  Json result = ResultOf(gone.oracle, rules);
  result["level"] = "none";
  result["kind"] = "pass";
  result["message"] = Text(fmt::format("{}: in the baseline, and not found any more", gone.target));
  result["partialFingerprints"] = {{kFingerprintName, gone.bug}};
  result["baselineState"] = "absent";
  return result;
}

}  // namespace

std::string SarifText(const GateReport& report) {
  Json rules = Json::array();
  std::map<std::string_view, size_t> rule_index;
  for (const Rule& rule : Rules()) {
    rule_index[rule.name] = rules.size();
    rules.push_back({{"id", rule.name},
                     {"shortDescription", Text(Sentence(rule.holds_when))},
                     {"fullDescription", Text(Sentence(rule.holds_when))},
                     {"help", Text(rule.page)},
                     {"defaultConfiguration", {{"level", "error"}}}});
  }
  Json results = Json::array();
  for (const GateFinding& found : report.findings) {
    results.push_back(ResultJson(found, report, rule_index));
  }
  for (const BaselineEntry& gone : report.gone) results.push_back(AbsentJson(gone, rule_index));
  const Json run = {
      {"tool",
       {{"driver",
         {{"name", "hupstorm"}, {"semanticVersion", HUPSTORM_VERSION}, {"rules", rules}}}}},
      {"invocations", Json::array({{{"executionSuccessful", report.broken_off.empty()},
                                    {"exitCode", report.holds() ? 0 : 1}}})},
      {"columnKind", "utf16CodeUnits"},
      {"results", std::move(results)}};
  return JsonText({{"$schema", kSchema}, {"version", "2.1.0"}, {"runs", Json::array({run})}});
}

}  // namespace hupstorm
