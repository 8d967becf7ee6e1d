// Scenarios and results as bytes (archive.h).

#ifndef HUPSTORM_SCENARIOS_WORLDS_WIRE_H_
#define HUPSTORM_SCENARIOS_WORLDS_WIRE_H_

#include "base/archive.h"
#include "scenarios/worlds/world.h"

namespace hupstorm {

void Fields(auto& archive, Either<Finding> auto& finding) {
  archive(finding.oracle, finding.target, finding.scenario, finding.file, finding.line,
          finding.step, finding.evidence, finding.fingerprint, finding.severity, finding.call,
          finding.cause, finding.ending, finding.failure, finding.schedule);
}

void Fields(auto& archive, Either<TimeLineEntry> auto& entry) {
  archive(entry.kind, entry.ns, entry.line, entry.text, entry.client, entry.call);
}

void Fields(auto& archive, Either<SocketRow> auto& row) {
  archive(row.client, row.server_state, row.client_state, row.fd, row.server_recv_q,
          row.server_send_q, row.client_recv_q);
}

void Fields(auto& archive, Either<CodeAddress> auto& address) {
  archive(address.module, address.offset);
}

void Fields(auto& archive, Either<ScriptLine> auto& line) {
  archive(line.file, line.function, line.line);
}

void Fields(auto& archive, Either<CallStack> auto& stack) {
  archive(stack.call, stack.death, stack.kept_blocks, stack.kept_bytes, stack.callee, stack.program,
          stack.frames, stack.script);
}

void Fields(auto& archive, Either<RunResult> auto& result) {
  archive(result.findings, result.calls, result.faults, result.time_line, result.sockets,
          result.stacks, result.calls_to_show, result.steps_not_reached, result.never_at_rest,
          result.limit_missed, result.not_shown_again, result.ran_on_linux, result.remark,
          result.has_threads, result.output, result.seconds);
}

void Fields(auto& archive, Either<Step> auto& step) {
  archive(step.action, step.together, step.each, step.at, step.clients, step.amount, step.text,
          step.fault, step.fault_client, step.line);
}

// Whole, with its name, its file and the lines of its steps.
void Fields(auto& archive, Either<Scenario> auto& scenario) {
  archive(scenario.name, scenario.file, scenario.title, scenario.protocol, scenario.rounds,
          scenario.schedule, scenario.steps);
}

void Fields(auto& archive, Either<Exchange::Part> auto& part) {
  archive(part.literal, part.after_any);
}
void Fields(auto& archive, Either<Exchange> auto& exchange) {
  archive(exchange.request, exchange.response, exchange.greeting, exchange.open_end,
          exchange.close);
}

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_WIRE_H_
