#include "tools/isolation/wire.h"

#include <cstdint>
#include <type_traits>
#include <vector>

#include "tools/isolation/archive.h"

namespace hupstorm {
namespace {

// One description of the layout for both directions: `Fields` names what each structure holds, and
// an archive reads or writes it.
template <typename Archive, typename F>
void Fields(Archive& archive, F& finding) requires std::is_same_v<std::remove_const_t<F>, Finding> {
  archive.Field(finding.oracle);
  archive.Field(finding.target);
  archive.Field(finding.scenario);
  archive.Field(finding.file);
  archive.Field(finding.line);
  archive.Field(finding.step);
  archive.Field(finding.evidence);
  archive.Field(finding.fingerprint);
}

template <typename Archive, typename E>
void Fields(Archive& archive,
            E& entry) requires std::is_same_v<std::remove_const_t<E>, TimeLineEntry> {
  archive.Field(entry.kind);
  archive.Field(entry.ns);
  archive.Field(entry.line);
  archive.Field(entry.text);
  archive.Field(entry.client);
}

template <typename Archive, typename R>
void Fields(Archive& archive, R& row) requires std::is_same_v<std::remove_const_t<R>, SocketRow> {
  archive.Field(row.client);
  archive.Field(row.server_state);
  archive.Field(row.client_state);
  archive.Field(row.fd);
  archive.Field(row.server_recv_q);
  archive.Field(row.server_send_q);
  archive.Field(row.client_recv_q);
}

template <typename Archive, typename C>
void Fields(Archive& archive, C& clients) requires std::is_same_v<std::remove_const_t<C>, Clients> {
  archive.Field(clients.letter);
  archive.Field(clients.first);
  archive.Field(clients.last);
}

// `Optional`: a std::optional, const where it is written.
template <typename Archive, typename Optional>
void OptionalFields(Archive& archive, Optional& value);

template <typename Archive, typename P>
void Fields(Archive& archive,
            P& placement) requires std::is_same_v<std::remove_const_t<P>, Placement> {
  archive.Field(placement.call);
  archive.Field(placement.occurrence);
  OptionalFields(archive, placement.client);
}

template <typename Archive, typename R>
void Fields(Archive& archive, R& rule) requires std::is_same_v<std::remove_const_t<R>, FaultRule> {
  archive.Field(rule.call);
  archive.Field(rule.outcome);
  archive.Field(rule.amount);
  archive.Field(rule.after);
  archive.Field(rule.times);
  archive.Field(rule.connection);
}

template <typename Archive, typename P>
void Fields(Archive& archive,
            P& protocol) requires std::is_same_v<std::remove_const_t<P>, Protocol> {
  archive.Field(protocol);
}

template <typename Archive, typename Optional>
void OptionalFields(Archive& archive, Optional& value) {
  bool there = value.has_value();
  archive.Field(there);
  if constexpr (!std::is_const_v<Optional>) {
    value.reset();
    if (there) value.emplace();
  }
  if (there) Fields(archive, *value);
}

template <typename Archive, typename S>
void Fields(Archive& archive, S& step) requires std::is_same_v<std::remove_const_t<S>, Step> {
  archive.Field(step.action);
  archive.Field(step.together);
  archive.Field(step.each);
  OptionalFields(archive, step.at);
  Fields(archive, step.clients);
  archive.Field(step.amount);
  archive.Field(step.text);
  Fields(archive, step.fault);
  OptionalFields(archive, step.fault_client);
  archive.Field(step.line);
}

template <typename Archive>
void Fields(Archive& archive, const int& number) {
  archive.Field(number);
}
template <typename Archive>
void Fields(Archive& archive, int& number) {
  archive.Field(number);
}

template <typename Item>
void WriteList(Writer& writer, const std::vector<Item>& items) {
  writer.Field(static_cast<uint64_t>(items.size()));
  for (const Item& item : items) Fields(writer, item);
}

template <typename Item>
void ReadList(Reader& reader, std::vector<Item>& items) {
  uint64_t count = 0;
  reader.Field(count);
  for (uint64_t i = 0; i < count; ++i) Fields(reader, items.emplace_back());
}

}  // namespace

std::string EncodeResult(const RunResult& result) {
  Writer writer;
  WriteList(writer, result.findings);
  writer.Field(result.calls);
  writer.Field(result.faults);
  WriteList(writer, result.time_line);
  WriteList(writer, result.sockets);
  WriteList(writer, result.steps_not_reached);
  writer.Field(result.output);
  return std::move(writer.bytes);
}

RunResult DecodeResult(std::string_view bytes) {
  Reader reader(bytes);
  RunResult result;
  ReadList(reader, result.findings);
  reader.Field(result.calls);
  reader.Field(result.faults);
  ReadList(reader, result.time_line);
  ReadList(reader, result.sockets);
  ReadList(reader, result.steps_not_reached);
  reader.Field(result.output);
  reader.NeedEnd();
  return result;
}

std::string WriteScenario(const Scenario& scenario) {
  Writer writer;
  writer.Field(scenario.name);
  writer.Field(scenario.file);
  writer.Field(scenario.title);
  OptionalFields(writer, scenario.protocol);
  writer.Field(scenario.rounds);
  WriteList(writer, scenario.steps);
  return std::move(writer.bytes);
}

Scenario ReadScenario(std::string_view bytes) {
  Reader reader(bytes);
  Scenario scenario;
  reader.Field(scenario.name);
  reader.Field(scenario.file);
  reader.Field(scenario.title);
  OptionalFields(reader, scenario.protocol);
  reader.Field(scenario.rounds);
  ReadList(reader, scenario.steps);
  reader.NeedEnd();
  return scenario;
}

}  // namespace hupstorm
