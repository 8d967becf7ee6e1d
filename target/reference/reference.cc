#include "target/reference/reference.h"

#include <signal.h>

#include <stdexcept>
#include <string>

#include "target/reference/echo_server.h"
#include "target/reference/stop_signal.h"

namespace hupstorm {
namespace {

struct Form {
  MultiplexerKind kind;
  std::string_view name;
};

constexpr Form kForms[] = {
    {MultiplexerKind::kSelect, "select"},
    {MultiplexerKind::kPoll, "poll"},
    {MultiplexerKind::kEpollLevel, "epoll-lt"},
    {MultiplexerKind::kEpollEdge, "epoll-et"},
};

void ServeUntilSigterm(MultiplexerKind kind, uint16_t port) {
  // The handler is there before anyone can find the server listening.
  const StopSignal stop;
  const StopOnSignal on_sigterm(SIGTERM, stop);
  EchoServer({.port = port, .multiplexer = kind}, stop).Run();
}

}  // namespace

std::vector<Target> ReferenceTargets() {
  std::vector<Target> targets;
  for (const Form& form : kForms) {
    targets.push_back(
        {.name = "reference/" + std::string(form.name),
         .protocol = Protocol::kEcho,
         .hardened = true,
         .queue_bound = 128 * 1024,
         .serve = [kind = form.kind](uint16_t port) { ServeUntilSigterm(kind, port); }});
  }
  return targets;
}

Target ReferenceTarget(std::string_view name) {
  for (Target& target : ReferenceTargets()) {
    if (target.name == name) return std::move(target);
  }
  throw std::out_of_range("no reference of that name");
}

std::string_view MultiplexerName(MultiplexerKind kind) {
  for (const Form& form : kForms) {
    if (form.kind == kind) return form.name;
  }
  return "?";
}

std::optional<MultiplexerKind> MultiplexerFromName(std::string_view name) {
  for (const Form& form : kForms) {
    if (form.name == name) return form.kind;
  }
  return std::nullopt;
}

}  // namespace hupstorm
