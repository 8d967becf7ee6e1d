#include "scenarios/language/parse.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest_word.h"
#include "kernel/faults/fault_rule.h"
#include "scenarios/language/actions.h"
#include "scenarios/language/lexer.h"
#include "scenarios/language/token_reader.h"
#include "scenarios/language/units.h"

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
    const bool is_part = word == "request" && reader.Accept("first");
    if (is_part) step.action = Action::kRequestFirst;
    const bool is_last = reader.token().kind == Token::Kind::kEnd;
    if (word == "buffer" || is_part || (word == "request" && !is_last)) {
      step.amount = reader.Size(1, kMaxSend);
    }
  }
}

void ParseServerAction(TokenReader& reader, Step& step) {
  const auto word =
      reader.Choose("an action of the server", {"stop", "restart", "interrupt", "buffer"});
  if (word == "buffer") {
    const auto side = reader.Choose("\"send\" or \"receive\"", {"send", "receive"});
    step.action = side == "send" ? Action::kServerBufferSend : Action::kServerBufferReceive;
    step.amount = reader.Size(1, kMaxSend);
  } else {
    step.action = word == "stop"      ? Action::kServerStop
                  : word == "restart" ? Action::kServerRestart
                                      : Action::kServerInterrupt;
  }
}

void ParseLimit(TokenReader& reader, Step& step) {
  reader.Need("descriptors");
  if (reader.Accept("none")) {
    step.action = Action::kLimitNone;
  } else if (reader.Accept("minus")) {
    step.action = Action::kLimitMinus;
    step.amount = reader.Number("a number", 0, kMaxDescriptors);
  } else {
    step.action = Action::kLimitDescriptors;
    step.amount = reader.Number("\"none\", \"minus\" or a number", 0, kMaxDescriptors);
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
    reader.FailHere(
        fmt::format("an outcome that \"{}\" can have ({})", call_name, fmt::join(words, ", ")));
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
  if (reader.Accept("of")) step.fault_client = reader.OneClient();
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
  if (reader.Accept("of")) at.client = reader.OneClient();
  if (reader.token().kind != Token::Kind::kColon) {
    reader.FailHere(at.client ? "\":\"" : "\":\" or \"of\"");
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

// An action. `words` may start it, besides a client.
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

// What stands before a step: "and" needs a step to join.
enum class Before : uint8_t { kNothing, kStep, kExpectation };

// Reads a step up to the end of the line.
Step ParseStep(TokenReader& reader, Before before) {
  Step step;
  step.line = reader.line_number();
  if (reader.Accept("expect")) {
    ParseExpectation(reader, step);
    reader.NeedEnd();
    return step;
  }
  Words words{"target", "rounds", "schedule", "expect", "and", "at", "each"};
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
    if (!step.together && reader.Accept("expect")) {
      ParseExpectation(reader, step);
      reader.NeedEnd();
      return step;
    }
  }
  step.each = reader.Accept("each");
  const bool start_of_line = words.size() > 2;
  ParseAction(reader, step, std::move(words),
              start_of_line ? "a header, a step or an expectation" : "an action");
  reader.NeedEnd();
  return step;
}

// Gathers the first sentence of the first comment, which may run over several lines.
class TitleReader {
 public:
  // `comment` is what follows '#' on a line; no value if the line has no comment, or a step too.
  void Add(std::optional<std::string_view> comment) {
    if (done_) return;
    if (!comment) {
      done_ = !title_.empty();
      return;
    }
    for (const char c : std::string(*comment) + ' ') {
      const bool blank = static_cast<unsigned char>(c) <= ' ';
      done_ = blank && EndsSentence();
      if (done_) return;
      if (!blank) {
        title_ += c;
      } else if (!title_.empty() && title_.back() != ' ') {
        title_ += ' ';
      }
    }
  }

  std::string Take() {
    title_.resize(std::min(title_.size(), kLongest));
    while (!title_.empty() && title_.back() == ' ') title_.pop_back();
    return std::move(title_);
  }

 private:
  static constexpr size_t kLongest = 1000;  // a title is for one line of a list

  bool EndsSentence() const {
    return title_.ends_with('.') || title_.ends_with('!') || title_.ends_with('?');
  }

  std::string title_;
  bool done_ = false;
};

class FileParser {
 public:
  FileParser(std::string_view text, const std::string& file) : lines_(text, file, "a scenario") {
    scenario_.file = file;
  }

  Scenario Run() {
    while (!lines_.AtEnd()) ParseLine(lines_.Next());
    if (scenario_.steps.empty()) lines_.FailAtEnd("at least one step");
    scenario_.title = title_.Take();
    return std::move(scenario_);
  }

 private:
  void ParseLine(const SourceLine& line) {
    const LexedLine lexed = LexLine(line);
    TokenReader reader(line, lexed.tokens);
    const bool bare = reader.token().kind == Token::Kind::kEnd;
    title_.Add(bare ? lexed.comment : std::nullopt);
    if (bare) return;
    if (reader.At("target") || reader.At("rounds") || reader.At("schedule")) {
      return ParseHeader(reader);
    }
    if (scenario_.steps.size() == kMaxSteps) {
      reader.FailHere(fmt::format("at most {} steps", kMaxSteps));
    }
    scenario_.steps.push_back(ParseStep(reader, before_));
    text_bytes_ += scenario_.steps.back().text.size();
    if (text_bytes_ > kMaxAllText) {
      Fail(line, 1,
           fmt::format("expected at most {} of strings in all steps together, found {}",
                       FormatSize(kMaxAllText), FormatSize(text_bytes_)));
    }
    before_ = IsExpect(scenario_.steps.back().action) ? Before::kExpectation : Before::kStep;
  }

  void ParseHeader(TokenReader& reader) {
    if (before_ != Before::kNothing) {
      reader.FailHere("headers before the first step");
    }
    bool& seen = reader.At("target")   ? target_seen_
                 : reader.At("rounds") ? rounds_seen_
                                       : schedule_seen_;
    if (seen) reader.FailHere("each header once");
    seen = true;
    if (reader.Accept("rounds")) {
      scenario_.rounds = static_cast<uint32_t>(reader.Number("a number", 1, kMaxRounds));
    } else if (reader.Accept("schedule")) {
      scenario_.schedule = static_cast<uint32_t>(reader.Number("a seed", 1, kMaxSchedule));
    } else {
      reader.Need("target");
      const auto word = reader.Choose("a protocol", {"echo", "ack", "http", "any"});
      if (word == "echo") scenario_.protocol = Protocol::kEcho;
      if (word == "ack") scenario_.protocol = Protocol::kAck;
      if (word == "http") scenario_.protocol = Protocol::kHttp;
      if (word == "any") scenario_.protocol = std::nullopt;
    }
    reader.NeedEnd();
  }

  SourceLines lines_;
  Scenario scenario_;
  TitleReader title_;
  Before before_ = Before::kNothing;
  size_t text_bytes_ = 0;
  bool target_seen_ = false;
  bool rounds_seen_ = false;
  bool schedule_seen_ = false;
};

}  // namespace

ParseError::ParseError(std::string file, int line, int column, const std::string& message)
    : std::runtime_error(fmt::format("{}:{}:{}: {}", file, line, column, message)),
      line_(line),
      column_(column) {}

Scenario ParseScenario(std::string_view text, const std::string& file) {
  return FileParser(text, file).Run();
}

}  // namespace hupstorm
