// hupstorm list targets|scenarios|defects|oracles|faults|protocols

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "kernel/faults/fault_rule.h"
#include "scenarios/language/fit.h"
#include "scenarios/oracles/oracles.h"
#include "target/documented/documented.h"
#include "tools/catalogue/pages.h"
#include "tools/catalogue/protocols.h"
#include "tools/catalogue/scenario_catalogue.h"
#include "tools/catalogue/target_catalogue.h"
#include "tools/cli/command.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/cli/suggest.h"
#include "tools/cli/text_table.h"
#include "tools/commands/commands.h"
#include "tools/report/json_output.h"

namespace hupstorm {
namespace {

constexpr char kFooter[] = R"(
Examples:
  hupstorm list targets
  hupstorm list defects --json

For more on any name in a list: hupstorm explain NAME)";

struct Options {
  std::string what;
  bool json = false;
};

using Json = nlohmann::ordered_json;

// A list in both forms: rows for people, items for programs.
struct Listing {
  TextTable table;
  Json items = Json::array();
};

Listing ListTargets() {
  Listing list{TextTable({"TARGET", "PROTOCOL", "WHAT IT IS"})};
  for (const std::string& name : TargetNames()) {
    const Target target = MakeTarget(name, {});
    const std::string what = TargetTitle(name);
    list.table.Add({name, std::string(ProtocolName(target.protocol)), what});
    list.items.push_back({{"name", name},
                          {"protocol", ProtocolName(target.protocol)},
                          {"title", what},
                          {"documented", IsDocumented(name)}});
  }
  return list;
}

Listing ListScenarios() {
  Listing list{TextTable({"SCENARIO", "FOR", "STEPS", "WHAT IT CHECKS"})};
  for (const Scenario& scenario : Suite()) {
    list.table.Add({scenario.name, std::string(ProtocolName(scenario.protocol)),
                    fmt::to_string(scenario.steps.size()), scenario.title});
    list.items.push_back({{"name", scenario.name},
                          {"file", scenario.file},
                          {"protocol", ProtocolName(scenario.protocol)},
                          {"steps", scenario.steps.size()},
                          {"title", scenario.title}});
  }
  return list;
}

Listing ListDefects() {
  Listing list{TextTable({"DEFECT", "REPORTED BY", "TRIGGER"})};
  for (const Defect& defect : Defects()) {
    list.table.Add({std::string(defect.full_name),
                    fmt::format("{}", fmt::join(defect.expected, ", ")),
                    defect.reachable ? std::string(defect.trigger)
                                     : "(Linux cannot produce it) " + std::string(defect.trigger)});
    list.items.push_back({{"name", defect.full_name},
                          {"target", NameOf(defect.server)},
                          {"expected", defect.expected},
                          {"trigger", defect.trigger},
                          {"reachable", defect.reachable}});
  }
  return list;
}

Listing ListOracles() {
  Listing list{TextTable({"ORACLE", "HOLDS WHEN"})};
  for (const Oracle& oracle : Oracles()) {
    list.table.Add({std::string(oracle.name), std::string(oracle.holds_when)});
    list.items.push_back({{"name", oracle.name}, {"holds_when", oracle.holds_when}});
  }
  return list;
}

Listing ListFaults() {
  Listing list{TextTable({"FAULT", "WHERE LINUX PRODUCES IT"})};
  for (const LegalFault& fault : LegalFaults()) {
    list.table.Add({FaultName(fault), std::string(fault.source)});
    list.items.push_back({{"name", FaultName(fault)},
                          {"call", CallFamilyName(fault.call)},
                          {"outcome", FaultOutcomeName(fault.outcome)},
                          {"source", fault.source},
                          {"meaning", fault.meaning}});
  }
  return list;
}

Listing ListProtocols() {
  Listing list{TextTable({"PROTOCOL", "WHAT A CLIENT GETS"})};
  for (const ProtocolPage& page : ProtocolPages()) {
    list.table.Add({std::string(page.name), std::string(page.title)});
    list.items.push_back({{"name", page.name}, {"title", page.title}});
  }
  return list;
}

struct Kind {
  std::string name;
  Listing (*make)();
};

Listing MakeListing(const std::string& what) {
  static const std::vector<Kind> kinds = {{"targets", ListTargets}, {"scenarios", ListScenarios},
                                          {"defects", ListDefects}, {"oracles", ListOracles},
                                          {"faults", ListFaults},   {"protocols", ListProtocols}};
  std::vector<std::string> names;
  for (const Kind& kind : kinds) {
    if (kind.name == what) return kind.make();
    names.push_back(kind.name);
  }
  const std::string all = fmt::format("{}", fmt::join(names, ", "));
  if (what.empty()) throw UsageError(fmt::format("say what to list: one of {}", all));
  throw UsageError(fmt::format("there is no list of \"{}\"{} There are: {}", what,
                               DidYouMean(what, names), all));
}

int List(const Options& options) {
  Listing list = MakeListing(options.what);
  if (options.json) {
    PrintJson({{options.what, std::move(list.items)}});
  } else {
    Print(list.table.ToString());
  }
  return kExitClean;
}

}  // namespace

void AddListCommand(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command(app, "list", "Show the names there are", kFooter);
  command.Option("what", options->what, "which names")
      .Type("targets|scenarios|defects|oracles|faults|protocols");
  command.Flag("--json", options->json, "print one JSON object");
  command.OnChosen([options, &line] { line.action = [options] { return List(*options); }; });
}

}  // namespace hupstorm
