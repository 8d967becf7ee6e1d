#include "scenarios/language/step_parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_word.h"
#include "kernel/faults/fault_rule.h"
#include "scenarios/language/actions.h"

namespace hupstorm {
namespace {

using Words = std::vector<std::string_view>;

const Words& ClientActionWords() {
  static const Words words{"connect", "send",   "request", "shutdown", "close",
                           "reset",   "vanish", "read",    "buffer"};
  return words;
}

// The first action from `from` on that is called `words`.
Action ActionCalled(std::string_view words, Action from) {
  size_t i = static_cast<size_t>(from);
  while (kActions[i].words != words) ++i;
  return kActions[i].action;
}

// Takes the next token for what `action` says or expects; false if it is none.
bool AcceptText(TokenReader& reader, Step& step, Action action) {
  if (reader.token().kind != Token::Kind::kString) return false;
  step.action = action;
  step.text = reader.token().value;
  reader.Skip();
  return true;
}

// The same for a size from `least` to `most`.
bool AcceptSize(TokenReader& reader, Step& step, Action action, uint64_t least, uint64_t most) {
  if (!reader.AtNumber()) return false;
  step.action = action;
  step.amount = reader.Size(least, most);
  return true;
}

void ParseClientAction(TokenReader& reader, Step& step) {
  step.clients = reader.Clients();
  const std::string_view word = reader.Choose("an action of a client", ClientActionWords());
  if (word == "send") {
    if (reader.Accept("urgent")) {
      step.action = Action::kSendUrgent;
    } else if (!AcceptText(reader, step, Action::kSendText) &&
               !AcceptSize(reader, step, Action::kSend, 1, kMaxSend)) {
      reader.FailHere("a size such as 64KiB, a string or \"urgent\"", {"urgent"});
    }
  } else if (word == "shutdown") {
    reader.Need("write");
    step.action = Action::kShutdownWrite;
  } else if (word == "read") {
    if (AcceptSize(reader, step, Action::kRead, 1, kMaxSend)) return;
    const auto how = reader.Choose("a size such as 4KiB, \"all\" or \"none\"", {"all", "none"});
    step.action = how == "all" ? Action::kReadAll : Action::kReadNone;
  } else {
    step.action = ActionCalled(word, Action::kConnect);
    const bool is_last = reader.token().kind == Token::Kind::kEnd;
    if (word == "buffer" || (word == "request" && !is_last)) {
      step.amount = reader.Size(1, kMaxSend);
    }
  }
}

void ParseServerAction(TokenReader& reader, Step& step) {
  const auto word = reader.Choose("an action of the server", {"stop", "interrupt", "buffer"});
  if (word == "buffer") {
    const auto side = reader.Choose("\"send\" or \"receive\"", {"send", "receive"});
    step.action = side == "send" ? Action::kServerBufferSend : Action::kServerBufferReceive;
    step.amount = reader.Size(1, kMaxSend);
  } else {
    step.action = word == "stop" ? Action::kServerStop : Action::kServerInterrupt;
  }
}

void ParseLimit(TokenReader& reader, Step& step) {
  reader.Need("descriptors");
  if (reader.Accept("none")) {
    step.action = Action::kLimitNone;
  } else {
    step.action = Action::kLimitDescriptors;
    step.amount = reader.Number("\"none\" or a number", 0, kMaxDescriptors);
  }
}

// The calls for which the table of faults has a row.
Words CallsThatCanFail() {
  Words words;
  for (const LegalFault& fault : LegalFaults()) {
    const std::string_view name = CallFamilyName(fault.call);
    if (std::find(words.begin(), words.end(), name) == words.end()) words.push_back(name);
  }
  return words;
}

FaultOutcome ParseOutcome(TokenReader& reader, CallFamily call) {
  Words words;
  for (const LegalFault& fault : LegalFaults()) {
    if (fault.call != call) continue;
    if (reader.Accept(FaultOutcomeName(fault.outcome))) return fault.outcome;
    words.push_back(FaultOutcomeName(fault.outcome));
  }
  const std::string call_name(CallFamilyName(call));
  if (FaultOutcomeFromName(reader.token().text)) {
    // Spelt well, but not for this call: what it can have helps more than what looks like it.
    std::string all;
    for (const std::string_view word : words) {
      if (!all.empty()) all += ", ";
      all += word;
    }
    reader.FailHere(fmt::format("an outcome that \"{}\" can have ({})", call_name, all));
  }
  reader.FailHere(fmt::format("an outcome that \"{}\" can have", call_name), words);
}

void ParseFault(TokenReader& reader, Step& step) {
  if (reader.Accept("none")) {
    step.action = Action::kFaultNone;
    return;
  }
  step.action = Action::kFault;
  Words calls = CallsThatCanFail();
  calls.push_back("none");
  step.fault.call = *CallFamilyFromName(reader.Choose("a call that can fail, or \"none\"", calls));
  if (reader.Accept("of")) {
    step.fault_any_client = false;
    step.fault_client = reader.OneClient();
  }
  step.fault.outcome = ParseOutcome(reader, step.fault.call);
  if (step.fault.outcome == FaultOutcome::kShort) {
    step.fault.amount = static_cast<uint32_t>(reader.Number("a number of bytes", 1, kMaxSend));
  }
  if (reader.Accept("after")) {
    step.fault.after = static_cast<uint32_t>(reader.Number("a number of calls", 0, kMaxOccurrence));
  }
  Words frequency{"once", "times", "always"};
  if (step.fault.after == 0) frequency.insert(frequency.begin(), "after");
  const auto often = reader.Choose("how often it happens", frequency);
  if (often == "times") {
    step.fault.times = static_cast<uint32_t>(reader.Number("a number of calls", 1, kMaxOccurrence));
  } else if (often == "always") {
    step.fault.times = kAlways;
  }
}

// After "at".
Placement ParsePlacement(TokenReader& reader) {
  Words calls;
  for (int i = 0; i < static_cast<int>(CallFamily::kOther); ++i) {
    calls.push_back(CallFamilyName(static_cast<CallFamily>(i)));
  }
  Placement at;
  at.call = *CallFamilyFromName(reader.Choose("the name of a call", calls));
  at.occurrence = static_cast<uint32_t>(reader.Number("the number of the call", 1, kMaxOccurrence));
  if (reader.Accept("of")) {
    at.any_client = false;
    at.client = reader.OneClient();
  }
  if (reader.token().kind != Token::Kind::kColon) {
    reader.FailHere(at.any_client ? "\":\" or \"of\"" : "\":\"");
  }
  reader.Skip();
  return at;
}

void ParseClientExpectation(TokenReader& reader, Step& step) {
  step.clients = reader.Clients();
  const auto word = reader.Choose("a state of a client",
                                  {"received", "eof", "reset", "open", "connected", "refused"});
  if (word != "received") {
    step.action = ActionCalled(word, Action::kExpectReceived);
  } else if (reader.Accept("at")) {
    reader.Need("least");
    step.action = Action::kExpectReceivedAtLeast;
    step.amount = reader.Size(0, kMaxReceived);
  } else if (!AcceptText(reader, step, Action::kExpectReceivedText) &&
             !AcceptSize(reader, step, Action::kExpectReceived, 0, kMaxReceived)) {
    reader.FailHere("a size such as 64KiB, a string or \"at least\"", {"at"});
  }
}

void ParseExpectation(TokenReader& reader, Step& step) {
  if (reader.Accept("server")) {
    const auto word = reader.Choose("\"running\" or \"stopped\"", {"running", "stopped"});
    step.action = word == "running" ? Action::kExpectServerRunning : Action::kExpectServerStopped;
  } else {
    ParseClientExpectation(reader, step);
  }
}

// An action, where `words` may start one, beside a client.
void ParseAction(TokenReader& reader, Step& step, Words words, std::string_view what) {
  const Token& token = reader.token();
  const bool client = token.kind == Token::Kind::kWord && token.text.size() == 1;
  if (step.each || client) return ParseClientAction(reader, step);
  if (reader.Accept("server")) return ParseServerAction(reader, step);
  if (reader.Accept("limit")) return ParseLimit(reader, step);
  if (reader.Accept("fault")) return ParseFault(reader, step);
  if (reader.Accept("wait")) {
    step.action = Action::kWait;
    step.amount = reader.Duration(1, kMaxWaitNs);
    return;
  }
  words.insert(words.end(), {"server", "limit", "wait", "fault"});
  if (token.kind == Token::Kind::kWord && NearestWord(token.text, words).empty()) {
    if (const auto action = NearestWord(token.text, ClientActionWords()); !action.empty()) {
      reader.FailHere(fmt::format("a client first, such as \"a {}\"", action));
    }
    if (token.text[0] >= 'a' && token.text[0] <= 'z' && token.text.size() > 1 &&
        token.text[1] >= '0' && token.text[1] <= '9') {
      return ParseClientAction(reader, step);  // "c12": says how clients are written
    }
  }
  words.insert(words.begin(), "a client");
  reader.FailHere(what, words);
}

}  // namespace

Step ParseStep(TokenReader& reader, Before before) {
  Step step;
  step.line = reader.line_number();
  if (reader.Accept("expect")) {
    ParseExpectation(reader, step);
    reader.NeedEnd();
    return step;
  }
  Words words{"target", "rounds", "expect", "and", "at", "each"};
  if (reader.At("and")) {
    if (before != Before::kStep) {
      reader.FailHere(before == Before::kNothing ? "the first step to stand alone"
                                                 : "a step that stands alone after an expectation");
    }
    reader.Skip();
    step.together = true;
    words = {"at", "each"};
  }
  if (reader.Accept("at")) {
    step.at = ParsePlacement(reader);
    words = {"each"};
  }
  step.each = reader.Accept("each");
  const bool start_of_line = words.size() > 2;
  ParseAction(reader, step, std::move(words),
              start_of_line ? "a header, a step or an expectation" : "an action");
  reader.NeedEnd();
  return step;
}

}  // namespace hupstorm
