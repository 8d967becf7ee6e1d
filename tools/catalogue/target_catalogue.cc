#include "tools/catalogue/target_catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "target/reference/reference.h"
#include "tools/catalogue/linked_server.h"
#include "tools/cli/errors.h"
#include "tools/cli/suggest.h"

namespace hupstorm {
namespace {

constexpr std::string_view kAllBut = "all-but=";

std::vector<std::string> SplitAtCommas(std::string_view text, std::string_view option) {
  std::vector<std::string> parts;
  while (true) {
    const size_t comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (parts.back().empty()) {
      throw UsageError("{} has an empty name in it: write NAME or NAME,NAME", option);
    }
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

FaultyServers& Faulty() {
  static FaultyServers servers;
  return servers;
}

std::optional<DocumentedServer> ServerOf(std::string_view target) {
  if (Faulty().documented == nullptr) return std::nullopt;
  for (int i = 0; i < kDocumentedServerCount; ++i) {
    const auto server = static_cast<DocumentedServer>(i);
    if (NameOf(server) == target) return server;
  }
  return std::nullopt;
}

void CheckDefect(DocumentedServer server, const std::string& name) {
  std::vector<std::string> names;
  for (const Defect& defect : Defects()) {
    if (defect.server != server) continue;
    if (defect.name == name || defect.full_name == name) return;
    names.emplace_back(defect.name);
  }
  throw UnknownName(fmt::format("defect of {}", NameOf(server)), name, names,
                    "hupstorm list defects");
}

MendSet MendsOf(DocumentedServer server, const MendChoice& choice) {
  for (const std::string& name : choice.but) CheckDefect(server, name);
  return MendsFromText(server, choice.Text()).value();
}

}  // namespace

std::string MendChoice::Text() const {
  switch (kind) {
    case Kind::kNone:
      return "none";
    case Kind::kAll:
      return "all";
    case Kind::kAllBut:
      return fmt::format("{}{}", kAllBut, fmt::join(but, ","));
  }
  return {};
}

MendChoice ParseMend(std::string_view text) {
  if (text == "none") return {MendChoice::Kind::kNone, {}};
  if (text == "all") return {MendChoice::Kind::kAll, {}};
  if (text.starts_with(kAllBut)) {
    return {MendChoice::Kind::kAllBut,
            SplitAtCommas(text.substr(kAllBut.size()), "--mend all-but")};
  }
  throw UsageError(
      "--mend takes none, all, or all-but=DEFECT[,DEFECT], not \"{}\". Defects: "
      "hupstorm list defects",
      text);
}

void SetFaultyServers(const FaultyServers& servers) { Faulty() = servers; }

std::vector<std::string> TargetNames() {
  std::vector<std::string> names;
  if (const LinkedServer* const linked = TheLinkedServer()) names.push_back(linked->target.name);
  for (const Target& target : ReferenceTargets()) names.push_back(target.name);
  if (Faulty().documented == nullptr) return names;
  for (int i = 0; i < kDocumentedServerCount; ++i) {
    names.emplace_back(NameOf(static_cast<DocumentedServer>(i)));
  }
  names.push_back(Faulty().canary().name);
  return names;
}

bool IsDocumented(std::string_view target) { return ServerOf(target).has_value(); }

Target MakeTarget(const std::string& name, const MendChoice& mend) {
  if (const auto server = ServerOf(name)) {
    return Faulty().documented(*server, MendsOf(*server, mend));
  }
  std::vector<Target> others = ReferenceTargets();
  if (Faulty().canary != nullptr) others.push_back(Faulty().canary());
  if (const LinkedServer* const linked = TheLinkedServer()) others.push_back(linked->target);
  for (Target& target : others) {
    if (target.name != name) continue;
    if (mend.kind != MendChoice::Kind::kNone) {
      throw UsageError("{} has nothing to mend; --mend is for the documents' servers", name);
    }
    return std::move(target);
  }
  throw UnknownName("target", name, TargetNames(), "hupstorm list targets");
}

std::vector<Target> MakeTargets(std::string_view names, const MendChoice& mend) {
  std::vector<Target> targets;
  for (const std::string& name : SplitAtCommas(names, "--target")) {
    const bool again = std::any_of(targets.begin(), targets.end(),
                                   [&](const Target& target) { return target.name == name; });
    if (again) throw UsageError("target {} is named twice", name);
    targets.push_back(MakeTarget(name, mend));
  }
  return targets;
}

}  // namespace hupstorm
