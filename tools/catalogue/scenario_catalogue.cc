#include "tools/catalogue/scenario_catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "scenarios/language/bytes.h"
#include "scenarios/language/parse.h"
#include "tools/catalogue/input_file.h"
#include "tools/catalogue/suite_texts.h"
#include "tools/cli/errors.h"
#include "tools/cli/suggest.h"

namespace hupstorm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuiteFolder = "scenarios/suite/";
constexpr std::string_view kExtension = ".scn";

// "half-close/echo-drains" for ".../scenarios/suite/half-close/echo-drains.scn"; for a file
// elsewhere its path without the extension.
std::string NameFromPath(std::string_view path) {
  if (path.ends_with(kExtension)) path.remove_suffix(kExtension.size());
  const size_t at = path.rfind(kSuiteFolder);
  if (at != std::string_view::npos) path.remove_prefix(at + kSuiteFolder.size());
  return std::string(path);
}

Scenario ParseFile(const std::string& path) {
  Scenario scenario = ParseScenario(ReadInputFile(path, kMaxScenarioFile), path);
  scenario.name = NameFromPath(path);
  return scenario;
}

// The suite's scenarios that an argument means: one by its name or path, or a folder of them.
std::vector<Scenario> FromSuite(std::string_view argument, bool* is_folder) {
  while (argument.starts_with("./")) argument.remove_prefix(2);
  while (argument.ends_with('/')) argument.remove_suffix(1);
  const std::string name = NameFromPath(argument);
  std::vector<Scenario> found;
  *is_folder = false;
  const bool is_whole =
      name == "suite" || argument == kSuiteFolder.substr(0, kSuiteFolder.size() - 1);
  for (const Scenario& scenario : Suite()) {
    if (scenario.name == name) return {scenario};
    if (is_whole || scenario.name.starts_with(name + "/")) {
      found.push_back(scenario);
      *is_folder = true;
    }
  }
  return found;
}

std::vector<Scenario> FromFolder(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    if (entries->path().extension() == kExtension && entries->is_regular_file()) {
      paths.push_back(entries->path().string());
    }
  }
  if (error) throw UsageError("cannot read folder {}: {}", folder, error.message());
  if (paths.empty()) {
    throw UsageError("{}: no scenario in this folder (a scenario is a file *.scn)", folder);
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Scenario> scenarios;
  for (const std::string& path : paths) scenarios.push_back(ParseFile(path));
  return scenarios;
}

UsageError NoSuchScenario(const std::string& argument) {
  return UsageError(
      "{}: no such file, and no scenario of the suite has that name{} To see the suite: "
      "hupstorm list scenarios",
      argument, DidYouMean(NameFromPath(argument), NamesOf(Suite(), &Scenario::name)));
}

UsageError IsFolder(const std::string& argument) {
  return UsageError(
      "{0} is a folder; replay takes one file. To run all of its scenarios: "
      "hupstorm run {0} --target NAME",
      argument);
}

// What there is at a path; nothing at all is an answer too. Throws UsageError if that cannot be
// found out.
fs::file_status StatusOf(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::none) {
    throw UsageError("cannot read {}: {}", path, error.message());
  }
  return status;
}

}  // namespace

const std::vector<Scenario>& Suite() {
  static const std::vector<Scenario> suite = [] {
    std::vector<Scenario> scenarios;
    for (const SuiteText& entry : SuiteTexts()) {
      const std::string path(entry.path);
      try {
        scenarios.push_back(ParseScenario(entry.text, path));
      } catch (const ParseError& error) {
        throw FailedError("the built-in suite holds a mistake: {}", error.what());
      }
      scenarios.back().name = NameFromPath(path);
    }
    return scenarios;
  }();
  return suite;
}

std::vector<ChosenScenario> ChooseScenarios(std::span<const std::string> arguments) {
  std::vector<ChosenScenario> chosen;
  const auto add = [&chosen](std::vector<Scenario> scenarios, bool named) {
    for (Scenario& scenario : scenarios) chosen.push_back({std::move(scenario), named});
  };
  if (arguments.empty()) add(Suite(), false);
  for (const std::string& argument : arguments) {
    const fs::file_status status = StatusOf(argument);
    if (fs::is_directory(status)) {
      add(FromFolder(argument), false);
    } else if (fs::exists(status)) {
      add({ParseFile(argument)}, true);
    } else {
      bool is_folder = false;
      std::vector<Scenario> scenarios = FromSuite(argument, &is_folder);
      if (scenarios.empty()) throw NoSuchScenario(argument);
      add(std::move(scenarios), !is_folder);
    }
  }
  return chosen;
}

ReplayInput LoadReplayInput(const std::string& argument, bool as_bytes) {
  const fs::file_status status = StatusOf(argument);
  if (fs::is_directory(status)) throw IsFolder(argument);
  if (!fs::exists(status)) {
    bool is_folder = false;
    std::vector<Scenario> scenarios = FromSuite(argument, &is_folder);
    if (is_folder) throw IsFolder(argument);
    if (scenarios.empty()) throw NoSuchScenario(argument);
    return {std::move(scenarios.front()), false};
  }
  const std::string content = ReadInputFile(argument, kMaxScenarioFile);
  if (!as_bytes) {
    if (content.empty()) {
      throw UsageError("{}: the file is empty. If it is a fuzzer's input, say --bytes", argument);
    }
    try {
      Scenario scenario = ParseScenario(content, argument);
      scenario.name = NameFromPath(argument);
      return {std::move(scenario), false};
    } catch (const ParseError&) {
      if (argument.ends_with(kExtension)) throw;
    }
  }
  const auto* bytes = reinterpret_cast<const uint8_t*>(content.data());
  ReplayInput input{DecodeScenario(std::span(bytes, content.size())), true};
  input.scenario.name = argument;
  input.scenario.file = argument;
  return input;
}

}  // namespace hupstorm
