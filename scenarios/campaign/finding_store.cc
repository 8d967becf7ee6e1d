#include "scenarios/campaign/finding_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/files.h"

namespace hupstorm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInput = ".bytes";
constexpr size_t kFingerprintLength = 16;

std::string RecordText(const FindingRecord& record) {
  const nlohmann::ordered_json json = {
      {"oracle", record.oracle},         {"fingerprint", record.fingerprint},
      {"target", record.target},         {"mend", record.mend},
      {"evidence", record.evidence},     {"seconds", record.seconds},
      {"executions", record.executions},
  };
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

// "close-wait-leak-0123456789abcdef": what the name of a finding's files says.
FindingRecord RecordFromName(const std::string& name) {
  FindingRecord record;
  if (name.size() > kFingerprintLength + 1) {
    record.oracle = name.substr(0, name.size() - kFingerprintLength - 1);
    record.fingerprint = name.substr(name.size() - kFingerprintLength);
  }
  return record;
}

FindingRecord ReadRecord(const fs::path& input) {
  FindingRecord record = RecordFromName(input.stem().string());
  try {
    std::ifstream file(fs::path(input).replace_extension(".json"));
    const nlohmann::json json = nlohmann::json::parse(file);
    record.target = json.at("target").get<std::string>();
    record.mend = json.at("mend").get<std::string>();
    record.evidence = json.at("evidence").get<std::string>();
    record.seconds = json.at("seconds").get<double>();
    record.executions = json.at("executions").get<uint64_t>();
  } catch (const nlohmann::json::exception&) {
    // A crash of the machine may leave an empty file.
  }
  return record;
}

}  // namespace

FindingStore::FindingStore(fs::path folder) : folder_(std::move(folder)) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) {
    throw std::runtime_error(
        fmt::format("cannot keep findings in {}: {}", folder_.string(), error.message()));
  }
  for (const StoredFinding& finding : StoredFindings(folder_)) {
    known_.insert(finding.record.fingerprint);
  }
}

bool FindingStore::Add(const FindingRecord& record, std::span<const uint8_t> input,
                       std::string& why) {
  const fs::path base = folder_ / fmt::format("{}-{}", record.oracle, record.fingerprint);
  const fs::path bytes = base.string() + std::string(kInput);
  if (!fs::exists(bytes)) {  // another process may have been first
    std::error_code error = WriteWhole(base.string() + ".json", RecordText(record));
    if (!error) {
      error = WriteWhole(bytes, {reinterpret_cast<const char*>(input.data()), input.size()});
    }
    if (error) {
      why = error.message();
      return false;
    }
  }
  known_.insert(record.fingerprint);
  return true;
}

std::vector<StoredFinding> StoredFindings(const fs::path& folder) {
  std::vector<StoredFinding> findings;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const fs::path& path = entry->path();
    if (path.extension() != kInput) continue;
    findings.push_back({ReadRecord(path), path, fs::path(path).replace_extension(".scn")});
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    throw std::runtime_error(
        fmt::format("cannot read the findings in {}: {}", folder.string(), error.message()));
  }
  std::sort(findings.begin(), findings.end(), [](const auto& a, const auto& b) {
    return std::tie(a.record.seconds, a.input) < std::tie(b.record.seconds, b.input);
  });
  return findings;
}

}  // namespace hupstorm
