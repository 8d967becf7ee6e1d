#include "tools/catalogue/pages.h"

#include <fmt/format.h>

#include <optional>

#include "scenarios/language/fit.h"
#include "scenarios/language/print.h"
#include "scenarios/oracles/oracles.h"
#include "target/documented/documented.h"
#include "tools/catalogue/linked_server.h"
#include "tools/catalogue/protocols.h"
#include "tools/catalogue/scenario_catalogue.h"
#include "tools/catalogue/suite_texts.h"
#include "tools/catalogue/target_catalogue.h"
#include "tools/cli/output.h"
#include "tools/cli/suggest.h"
#include "tools/cli/text_table.h"

namespace hupstorm {
namespace {

constexpr std::string_view kProtocols = "protocols";

struct TargetTitleRow {
  std::string_view name;
  std::string_view title;
};
constexpr TargetTitleRow kTitles[] = {
    {"reference/select", "the correct echo server, on select"},
    {"reference/poll", "the correct echo server, on poll"},
    {"reference/epoll-lt", "the correct echo server, on level-triggered epoll"},
    {"reference/epoll-et", "the correct echo server, on edge-triggered epoll"},
    {"doc000/epoll-queue", "a document's echo server: epoll, one queue per connection"},
    {"doc001/select", "a document's echo server: select, one queue per connection"},
    {"doc001/poll", "a document's echo server: poll, one queue per connection"},
    {"doc002/epoll-ack", "a document's server that acknowledges each read: epoll"},
    {"doc003/epoll-http", "a document's HTTP/1.0 \"Hello, world!\": epoll"},
    {"canary", "an echo server with a planted defect, which a fuzzer that works finds"},
};

std::string Paragraph(std::string_view heading, std::string_view text) {
  if (text.empty()) return {};
  std::string paragraph = fmt::format("{}\n{}", heading, WrapText(text, TextWidth(), 2));
  if (paragraph.back() != '\n') paragraph += '\n';
  return paragraph + "\n";
}

// As it is, each line indented.
std::string Quote(std::string_view heading, std::string_view text) {
  if (text.empty()) return {};
  std::string quote = fmt::format("{}\n", heading);
  while (!text.empty()) {
    const size_t end = text.find('\n');
    quote += fmt::format("    {}\n", text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return quote + "\n";
}

std::string OraclePage(const Oracle& oracle, const std::string& program) {
  std::string page = fmt::format("{}: an oracle\n\n", oracle.name);
  page += Paragraph("Holds when", oracle.holds_when);
  page += Paragraph("What it means", oracle.page);
  std::string defects;
  for (const Defect& defect : Defects()) {
    for (const std::string_view expected : defect.expected) {
      if (expected == oracle.name) defects += fmt::format("{}\n", defect.full_name);
    }
  }
  page += Quote("Known defects that it reports", defects);
  if (!defects.empty()) {
    page += Quote("To read about one",
                  fmt::format("{} explain {}", program, defects.substr(0, defects.find('\n'))));
  }
  return page;
}

std::string DefectPage(const Defect& defect, const std::string& program) {
  std::string page = fmt::format("{}: a defect of {}\n\n", defect.full_name, NameOf(defect.server));
  page += Paragraph("What the document wrote", defect.wrote);
  page += Quote("In its own lines", defect.document_lines);
  page += Paragraph("What triggers it", defect.trigger);
  page += Paragraph("What goes wrong", defect.goes_wrong);
  page += Paragraph("How to mend it", defect.how_to_mend);
  page += Paragraph("Reported by", fmt::format("{}", fmt::join(defect.expected, ", ")));
  if (!defect.reachable) page += "Linux cannot produce it.\n\n";
  page += Paragraph("How this is known", defect.evidence);
  if (defect.mended_by_default) {
    page += Paragraph("In the document",
                      "The document corrects this itself; --mend none leaves it corrected.");
  }
  if (defect.reachable) {
    // An executable with a user's server has none of the documents'.
    const std::string_view server = NameOf(defect.server);
    page += Quote("To see it, alone",
                  fmt::format("{} run --target {} --mend all-but={}",
                              IsDocumented(server) ? program : "hupstorm", server, defect.name));
  }
  return page;
}

std::string TargetPage(const std::string& name, const std::string& program) {
  const Target target = MakeTarget(name, {});
  std::string page = fmt::format("{}: {}\n\n", name, TargetTitle(name));
  page += Paragraph("Protocol", ProtocolName(target.protocol));
  std::string defects;
  for (const Defect& defect : Defects()) {
    if (NameOf(defect.server) == name) defects += fmt::format("{}\n", defect.full_name);
  }
  page += Quote("Its defects, each of which can be mended by itself (--mend)", defects);
  page +=
      Quote("To run the whole suite against it", fmt::format("{} run --target {}", program, name));
  constexpr std::string_view kReference = "reference/";
  const bool is_reference = name.starts_with(kReference);
  page +=
      Quote("To talk to it", fmt::format("{0} serve --port 8888 {1} {2}\n{0} client 127.0.0.1:8888",
                                         program, is_reference ? "--multiplexer" : "--target",
                                         is_reference ? name.substr(kReference.size()) : name));
  return page;
}

std::string FaultPage(std::string_view name) {
  std::string page;
  for (const LegalFault& fault : LegalFaults()) {
    if (name != FaultName(fault) && name != FaultOutcomeName(fault.outcome)) continue;
    const std::string amount = fault.outcome == FaultOutcome::kShort ? " 1" : "";
    page += fmt::format("{}: a fault\n\n", FaultName(fault));
    page += Paragraph("What it means", fault.meaning);
    page += Paragraph("Where Linux produces it", fault.source);
    page += Quote("In a scenario", fmt::format("fault {} {}{} once", CallFamilyName(fault.call),
                                               FaultOutcomeName(fault.outcome), amount));
  }
  return page;
}

std::string ScenarioPage(const Scenario& scenario, const std::string& program) {
  std::string page = fmt::format("{}: a scenario for {} servers\n\n", scenario.name,
                                 ProtocolName(scenario.protocol));
  for (const SuiteText& entry : SuiteTexts()) {
    if (entry.path == scenario.file) page += Quote(scenario.file, entry.text);
  }
  page += Quote("To watch it", fmt::format("{} replay {}", program, scenario.name));
  return page;
}

std::string ProtocolPageText(const ProtocolPage& page) {
  return fmt::format("{}: a protocol\n\n", page.name) + Paragraph("In short", page.title) +
         Paragraph("What is judged", page.page);
}

// All of them, for a user who has to choose one.
std::string ProtocolsPage() {
  std::string page = "protocols: what a server can be said to speak (--protocol)\n\n";
  for (const ProtocolPage& protocol : ProtocolPages()) {
    page += Paragraph(fmt::format("{}: {}", protocol.name, protocol.title), protocol.page);
  }
  return page;
}

}  // namespace

std::string TargetTitle(std::string_view target) {
  for (const TargetTitleRow& row : kTitles) {
    if (row.name == target) return std::string(row.title);
  }
  if (const LinkedServer* const linked = TheLinkedServer()) {
    if (linked->target.name == target) return "your server, linked to this executable";
  }
  return {};
}

std::string FaultName(const LegalFault& fault) {
  return fmt::format("{}/{}", CallFamilyName(fault.call), FaultOutcomeName(fault.outcome));
}

std::vector<std::string> ExplainedNames() {
  std::vector<std::string> names = TargetNames();
  const auto add = [&names](const std::vector<std::string>& more) {
    names.insert(names.end(), more.begin(), more.end());
  };
  add(NamesOf(ProtocolPages(), &ProtocolPage::name));
  names.emplace_back(kProtocols);
  add(NamesOf(Oracles(), &Oracle::name));
  add(NamesOf(Defects(), &Defect::full_name));
  add(NamesOf(LegalFaults(), FaultName));
  add(NamesOf(Suite(), &Scenario::name));
  return names;
}

void CheckOracleName(const std::string& name) {
  if (FindOracle(name) != nullptr) return;
  throw UnknownName("oracle", name, NamesOf(Oracles(), &Oracle::name), "hupstorm list oracles");
}

std::string PageOn(std::string_view name, const std::string& program) {
  if (const Oracle* oracle = FindOracle(name)) return OraclePage(*oracle, program);
  if (const Defect* defect = FindDefect(name)) return DefectPage(*defect, program);
  for (const std::string& target : TargetNames()) {
    if (target == name) return TargetPage(target, program);
  }
  for (const ProtocolPage& page : ProtocolPages()) {
    if (page.name == name) return ProtocolPageText(page);
  }
  if (name == kProtocols) return ProtocolsPage();
  if (std::string page = FaultPage(name); !page.empty()) return page;
  for (const Scenario& scenario : Suite()) {
    if (scenario.name == name || scenario.file == name) return ScenarioPage(scenario, program);
  }
  throw UnknownName("name", name, ExplainedNames(), "hupstorm list --help");
}

}  // namespace hupstorm
