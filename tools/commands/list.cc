// hupstorm list targets|scenarios|defects|oracles|faults|protocols

#include <fmt/format.h>

#include <algorithm>
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

  void Add(std::vector<std::string> row, Json item) {
    table.Add(std::move(row));
    items.push_back(std::move(item));
  }
};

Listing ListTargets() {
  Listing list{TextTable({"TARGET", "PROTOCOL", "WHAT IT IS"})};
  for (const std::string& name : TargetNames()) {
    const std::string protocol(ProtocolName(MakeTarget(name, {}).protocol));
    const std::string title = TargetTitle(name);
    list.Add({name, protocol, title}, {{"name", name},
                                       {"protocol", protocol},
                                       {"title", title},
                                       {"documented", IsDocumented(name)}});
  }
  return list;
}

Listing ListScenarios() {
  Listing list{TextTable({"SCENARIO", "FOR", "STEPS", "WHAT IT CHECKS"})};
  for (const Scenario& scenario : Suite()) {
    const std::string protocol(ProtocolName(scenario.protocol));
    const size_t steps = scenario.steps.size();
    list.Add({scenario.name, protocol, fmt::to_string(steps), scenario.title},
             {{"name", scenario.name},
              {"file", scenario.file},
              {"protocol", protocol},
              {"steps", steps},
              {"title", scenario.title}});
  }
  return list;
}

Listing ListDefects() {
  Listing list{TextTable({"DEFECT", "REPORTED BY", "TRIGGER"})};
  for (const Defect& defect : Defects()) {
    const char* const remark = defect.reachable ? "" : "(Linux cannot produce it) ";
    list.Add({std::string(defect.full_name), fmt::format("{}", fmt::join(defect.expected, ", ")),
              fmt::format("{}{}", remark, defect.trigger)},
             {{"name", defect.full_name},
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
    list.Add({std::string(oracle.name), std::string(oracle.holds_when)},
             {{"name", oracle.name}, {"holds_when", oracle.holds_when}});
  }
  return list;
}

Listing ListFaults() {
  Listing list{TextTable({"FAULT", "WHERE LINUX PRODUCES IT"})};
  for (const LegalFault& fault : LegalFaults()) {
    list.Add({FaultName(fault), std::string(fault.source)},
             {{"name", FaultName(fault)},
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
    list.Add({std::string(page.name), std::string(page.title)},
             {{"name", page.name}, {"title", page.title}});
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
  const auto kind =
      std::find_if(kinds.begin(), kinds.end(), [&](const Kind& each) { return each.name == what; });
  if (kind != kinds.end()) return kind->make();
  const std::vector<std::string> names = NamesOf(kinds, &Kind::name);
  const std::string all = fmt::format("{}", fmt::join(names, ", "));
  if (what.empty()) throw UsageError("say what to list: one of {}", all);
  throw UsageError("there is no list of \"{}\"{} There are: {}", what, DidYouMean(what, names),
                   all);
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
  command.Option("what targets|scenarios|defects|oracles|faults|protocols", options->what,
                 "which names");
  command.Flag("--json", options->json, "print one JSON object");
  command.Does(line.action, [options] { return List(*options); });
}

}  // namespace hupstorm
