#include "tools/report/junit_report.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <pugixml.hpp>
#include <set>
#include <sstream>

#include "tools/cli/output.h"
#include "tools/report/bugs.h"
#include "tools/report/clean_text.h"
#include "tools/report/findings_report.h"
#include "tools/report/time_line.h"

namespace hupstorm {
namespace {

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' ? name : "localhost";
}

void Set(pugi::xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name).set_value(CleanText(value).c_str());
}

void SetSeconds(pugi::xml_node node, double seconds) {
  Set(node, "time", fmt::format("{:.3f}", seconds));
}

// Readers of XML refuse a text of 10 MB (libxml2's XML_MAX_TEXT_LENGTH), and with it the report: of
// a longer one its beginning, where the clients come, and its end, where the server fails.
std::string WithoutMiddle(std::string text) {
  constexpr size_t kMost = 1 << 20;
  if (text.size() <= kMost) return text;
  const size_t from = text.find('\n', kMost / 2);
  const size_t to = text.find('\n', text.size() - kMost / 2);
  if (from == std::string::npos || to == std::string::npos || from >= to) return text;
  const auto lines = std::count(text.begin() + static_cast<ptrdiff_t>(from),
                                text.begin() + static_cast<ptrdiff_t>(to), '\n');
  return text.replace(from, to - from,
                      fmt::format("\n({} lines are left out; the replay shows them)", lines));
}

// What a reader of a CI's test view needs to know of a finding. The time line stands with the first
// case alone: in a large suite one bug shows in a hundred cases.
std::string Details(const GateFinding& found, bool first) {
  const Style plain(false);
  const Finding& finding = found.finding;
  std::string why;
  for (const std::string& text : WhyTexts(finding)) why += text + "\n";
  std::string text = fmt::format("{}\n{}Bug {}. To see it:\n{}\n", FindingLine(finding, plain), why,
                                 BugOf(finding), found.replay);
  if (!first) return text + "Its time line stands with the first case that shows it.\n";
  text += OutputText(found.output, plain);
  if (!found.text.empty()) text += "\n" + found.text;
  if (!found.time_line.empty()) {
    text += "\n" + WithoutMiddle(TimeLineText(found.time_line, false, plain));
  }
  if (!found.sockets.empty()) text += "\n" + SocketsText(found.sockets, false);
  return text;
}

class Writer {
 public:
  explicit Writer(const GateReport& report) : report_(report) {}

  std::string Run() {
    pugi::xml_document document;
    pugi::xml_node root = document.append_child("testsuites");
    int id = 0;
    for (const GateArea& area : report_.areas) {
      if (area.skipped.empty()) AddArea(area, id++, root.append_child("testsuite"));
    }
    std::ostringstream text;
    document.save(text, "  ", pugi::format_default, pugi::encoding_utf8);
    return text.str();
  }

 private:
  enum class Verdict { kPassed, kTolerated, kFailed };

  Verdict VerdictOf(const GateCase& one) const {
    Verdict verdict = Verdict::kPassed;
    for (const size_t i : one.findings) {
      if (report_.findings[i].shuts()) return Verdict::kFailed;
      verdict = Verdict::kTolerated;
    }
    return verdict;
  }

  void AddArea(const GateArea& area, int id, pugi::xml_node suite) {
    size_t failures = 0;
    for (const GateCase& one : area.cases) failures += VerdictOf(one) == Verdict::kFailed;
    Set(suite, "id", std::to_string(id));
    Set(suite, "name", area.name);
    Set(suite, "package", "hupstorm");
    Set(suite, "timestamp", fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(std::time(nullptr))));
    Set(suite, "hostname", HostName());
    Set(suite, "tests", std::to_string(area.cases.size()));
    Set(suite, "failures", std::to_string(failures));
    Set(suite, "errors", "0");
    SetSeconds(suite, area.seconds);
    pugi::xml_node properties = suite.append_child("properties");
    for (const auto& [name, value] :
         {std::pair("target", &report_.target), std::pair("mend", &report_.mend),
          std::pair("world", &report_.world), std::pair("did", &area.did)}) {
      pugi::xml_node property = properties.append_child("property");
      Set(property, "name", name);
      Set(property, "value", *value);
    }
    for (const GateCase& one : area.cases) AddCase(area, one, suite.append_child("testcase"));
    std::string out;
    for (const std::string& left_out : area.left_out) out += left_out + "\n";
    suite.append_child("system-out").text().set(CleanText(out).c_str());
    suite.append_child("system-err");
  }

  void AddCase(const GateArea& area, const GateCase& one, pugi::xml_node node) {
    Set(node, "name", one.name);
    Set(node, "classname", fmt::format("{}.{}", area.name, one.target));
    SetSeconds(node, one.seconds);
    const Verdict verdict = VerdictOf(one);
    if (verdict == Verdict::kPassed) return;
    if (verdict == Verdict::kTolerated) {
      node.append_child("skipped");
      return;
    }
    pugi::xml_node failure = node.append_child("failure");
    std::string text;
    for (const size_t i : one.findings) {
      const GateFinding& found = report_.findings[i];
      if (!found.shuts()) continue;
      if (text.empty()) {
        Set(failure, "type", found.finding.oracle);
        Set(failure, "message",
            fmt::format("{}: {}", found.finding.oracle, found.finding.evidence));
      } else {
        text += "\n";
      }
      text += Details(found, detailed_.insert(i).second);
    }
    failure.text().set(CleanText(text).c_str());
  }

  const GateReport& report_;
  std::set<size_t> detailed_;  // findings whose time line is in the report already
};

}  // namespace

std::string JUnitText(const GateReport& report) { return Writer(report).Run(); }

}  // namespace hupstorm
