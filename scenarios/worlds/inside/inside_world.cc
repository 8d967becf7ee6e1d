#include "scenarios/worlds/inside/inside_world.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/door.h"
#include "base/loopback_address.h"
#include "base/message.h"
#include "base/passed_descriptor.h"
#include "base/resource_limit.h"
#include "base/system_error.h"
#include "kernel/inside/call_coverage.h"
#include "kernel/inside/program.h"
#include "kernel/linux/sight/process_tree.h"
#include "kernel/linux/sight/socket_diag.h"
#include "scenarios/worlds/blame.h"
#include "scenarios/worlds/inside/messages.h"
#include "scenarios/worlds/last_words.h"
#include "scenarios/worlds/loopback_host.h"
#include "scenarios/worlds/server_command.h"

namespace hupstorm {

using inside::MessageKind;

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLookMs = 5;
// A scenario's connections, and others beside them.
constexpr rlim_t kDescriptors = 4096;
constexpr int kLookAtProgressMs = 50;

struct Message {
  MessageKind kind = MessageKind::kEnded;
  std::string bytes;
};

// A page that the program maps too.
class SharedPage {
 public:
  SharedPage() : file_(CheckSystemCall(memfd_create("hupstorm", MFD_CLOEXEC), kWhat)) {
    CheckSystemCall(ftruncate(file_.get(), sizeof(inside::Progress)), kWhat);
    void* const memory =
        mmap(nullptr, sizeof(inside::Progress), PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
    if (memory == MAP_FAILED) ThrowSystemError(kWhat);
    page_ = static_cast<inside::Progress*>(memory);
  }
  ~SharedPage() { munmap(page_, sizeof *page_); }
  SharedPage(const SharedPage&) = delete;
  SharedPage& operator=(const SharedPage&) = delete;

  int file() const { return file_.get(); }
  inside::Progress* operator->() const { return page_; }

 private:
  static constexpr char kWhat[] = "memory to share with the program";
  FileDescriptor file_;
  inside::Progress* page_ = nullptr;
};

// Linux has none as high (PID_MAX_LIMIT).
pid_t ProgramsPid(int worker) {
  constexpr pid_t kFirst = 5'000'000;
  return kFirst + worker * inside::kMostNumbers;
}

inside::ServerFacts FactsOf(const Target& target) {
  inside::ServerFacts facts;
  facts.name = target.name;
  facts.protocol = target.protocol;
  facts.has_exchange = target.exchange != nullptr;
  if (facts.has_exchange) facts.exchange = *target.exchange;
  return facts;
}

}  // namespace

// The program, from its start to its end.
class InsideWorld::Program {
 public:
  // Starts it. Throws std::system_error.
  Program(const InsideOptions& options, uint16_t port)
      : port_(port),
        command_({.command = WithPort(options.command, port),
                  .environment = Environment(options),
                  .descriptors = {.rlim_cur = kDescriptors, .rlim_max = RLIM_INFINITY},
                  .has_fixed_addresses = true}) {}

  // Waits until it takes jobs. Empty, or why it does not.
  std::string AwaitReady(const Target& target, std::chrono::milliseconds timeout) {
    const Clock::time_point deadline = Clock::now() + timeout;
    while (Clock::now() < deadline) {
      pollfd fds[] = {{.fd = door_.socket(), .events = POLLIN, .revents = 0},
                      {.fd = command_.news(), .events = POLLIN, .revents = 0},
                      {.fd = line_.get(), .events = POLLIN, .revents = 0}};
      poll(fds, line_ ? 3 : 2, kLookMs);
      if (fds[0].revents != 0) {
        FileDescriptor guest = door_.Open();
        const Message message = Receive(guest.get());
        if (message.kind == MessageKind::kRefused) return message.bytes;
        if (line_) return "it serves in several processes";
        line_ = std::move(guest);
        SendDescriptor(line_.get(), page_.file());
        edges_ = Decode<uint64_t>(message.bytes);
        Send(MessageKind::kSetUp, Encode(FactsOf(target)));
      } else if (line_ && fds[2].revents != 0) {
        const Message message = Receive(line_.get());
        if (message.kind == MessageKind::kReady) return "";
        if (message.kind == MessageKind::kRefused) return message.bytes;
        return "it ended when its first client came" + WhatItWrote();
      } else if (const std::optional<int> status = command_.Status(); status && !line_) {
        return fmt::format("it ended before it listened on port {}: {}{}", port_,
                           EndOfProcess(StatusBehindShell(*status)), WhatItWrote());
      }
      if (ListensOnLinux()) {
        return "its system calls do not come by the library: it is statically linked, makes them "
               "by "
               "itself (Go), or runs as another user";
      }
    }
    return fmt::format(
        "after {:g} s it does not listen on port {} (--start-timeout gives it more){}",
        std::chrono::duration<double>(timeout).count(), port_, WhatItWrote());
  }

  // Throws WorldFailed.
  inside::JobResult Do(const inside::Job& job, const RunOptions& options) {
    if (job.alone) EndStaying(options);
    Send(MessageKind::kJob, Encode(job));
    std::optional<inside::JobResult> result;
    process_stays_ = false;
    while (true) {
      const Message message = Await(options);
      switch (message.kind) {
        case MessageKind::kResult:
          result = Decode<inside::JobResult>(message.bytes);
          process_stays_ = result->stays;
          if (process_stays_) return *std::move(result);
          break;
        case MessageKind::kRefused:
          throw WorldFailed(
              fmt::format("the program cannot live on the simulated kernel: {}", message.bytes));
        case MessageKind::kEnded:
          if (result) return *std::move(result);
          throw WorldFailed(fmt::format("the program's process ended in hupstorm's own code: {}{}",
                                        EndOfProcess(Decode<int>(message.bytes)), WhatItWrote()));
        default:
          throw WorldFailed("the program speaks out of turn");
      }
    }
  }

  size_t coverage_size() const { return edges_ + inside::CallCoverage::kSize; }

  bool counts_heap() const { return page_->counts_heap; }

  // The process that did the last job waits for another.
  bool process_stays() const { return process_stays_; }

 private:
  void EndStaying(const RunOptions& options) {
    if (!std::exchange(process_stays_, false)) return;
    Send(MessageKind::kLeave, "");
    Await(options);
  }

  // One of its processes listens on the port, and not on the simulated kernel.
  bool ListensOnLinux() {
    const std::vector<sight::TcpSocket> listeners = diag_.Listeners(port_);
    if (listeners.empty()) return false;
    const pid_t roots[] = {command_.keeper()};
    for (const pid_t pid : sight::WithDescendants(roots)) {
      const auto files = sight::OpenFiles(pid);
      if (!files || pid == roots[0]) continue;
      for (const sight::OpenFile& file : *files) {
        if (file.kind != sight::OpenFile::Kind::kSocket) continue;
        const auto is_it = [&](const sight::TcpSocket& socket) {
          return socket.inode == file.inode;
        };
        if (std::any_of(listeners.begin(), listeners.end(), is_it)) return true;
      }
    }
    return false;
  }

  std::vector<std::pair<std::string, std::string>> Environment(const InsideOptions& options) const {
    std::vector<std::pair<std::string, std::string>> variables = {
        {"LD_PRELOAD", Preloaded(options.library)},
        {inside::kDriverVariable, fmt::format("{}:{}:{}:{}", port_, kDescriptors,
                                              ProgramsPid(options.worker), door_.name())}};
    if (options.coverage_map >= 0) {
      variables.emplace_back(inside::kMapVariable, std::to_string(options.coverage_map));
    }
    return variables;
  }

  static std::string Preloaded(const std::string& library) {
    const char* const others = std::getenv("LD_PRELOAD");
    return others == nullptr || *others == '\0' ? library : fmt::format("{}:{}", library, others);
  }

  std::string WhatItWrote() const {
    const std::string errors = command_.Errors();
    const std::string output = command_.Output();
    if (output.empty()) return "; it wrote nothing";
    return fmt::format("; it wrote: {}", ReasonIn(ReasonIn(errors).empty() ? output : errors));
  }

  void Send(MessageKind kind, std::string_view bytes) {
    SendMessage(line_.get(), static_cast<uint64_t>(kind), bytes);  // Await sees if it is gone
  }

  static Message Receive(int line) {
    Message message;
    uint64_t kind = 0;
    if (ReceiveMessage(line, kind, message.bytes)) message.kind = static_cast<MessageKind>(kind);
    return message;
  }

  // The next message, and tells meanwhile that the run gets on.
  Message Await(const RunOptions& options) {
    while (true) {
      pollfd ready = {.fd = line_.get(), .events = POLLIN, .revents = 0};
      if (poll(&ready, 1, kLookAtProgressMs) == 1) break;
      const uint64_t marks = page_->marks;
      if (options.progress != nullptr && marks != marks_then_) ++*options.progress;
      marks_then_ = marks;
    }
    // Many short runs get on, too, though none of them is seen to.
    if (options.progress != nullptr) ++*options.progress;
    Message message = Receive(line_.get());
    if (message.kind == MessageKind::kEnded && message.bytes.empty()) {
      throw WorldFailed("the program's first process is gone" + WhatItWrote());
    }
    return message;
  }

  const uint16_t port_;
  uint64_t edges_ = 0;  // that the program counts
  Door door_{"hupstorm-inside", "a socket for the program"};
  SharedPage page_;
  FileDescriptor line_;
  ServerCommand command_;
  sight::SocketDiag diag_;
  uint64_t marks_then_ = 0;
  bool process_stays_ = false;
};

InsideWorld::InsideWorld(InsideOptions options) : options_(std::move(options)) {}
InsideWorld::~InsideWorld() = default;

std::string InsideWorld::WhyNot(const Target& target) {
  if (program_ != nullptr && target_ == &target) return "";
  static PortChooser ports;
  try {
    program_ = std::make_unique<Program>(options_, ports.Choose());
  } catch (const std::system_error& error) {
    throw WorldFailed(error.what());
  }
  target_ = &target;
  is_new_ = true;
  std::string why = program_->AwaitReady(target, options_.start_timeout);
  if (!why.empty()) program_ = nullptr;
  return why;
}

size_t InsideWorld::coverage_size() const {
  return program_ == nullptr ? 0 : program_->coverage_size();
}

std::string_view InsideWorld::WhyNot(const Scenario& scenario) {
  const bool restarts =
      std::any_of(scenario.steps.begin(), scenario.steps.end(),
                  [](const Step& step) { return step.action == Action::kServerRestart; });
  return restarts ? "a program on the simulated kernel is not started again" : std::string_view();
}

RunResult InsideWorld::Run(const Scenario& scenario, const Target& target,
                           const RunOptions& options) {
  return RunForBlame(options, Again::kTheSame,
                     [&](const RunOptions& chosen) { return RunOnce(scenario, target, chosen); });
}

RunResult InsideWorld::RunOnce(const Scenario& scenario, const Target& target,
                               const RunOptions& options) {
  if (!WhyNot(scenario).empty()) return {};
  if (const std::string why = WhyNot(target); !why.empty()) {
    throw WorldFailed(fmt::format("the program cannot live on the simulated kernel: {}", why));
  }
  inside::Job job;
  job.scenario = scenario;
  job.record_time_line = options.record_time_line;
  job.log_calls = options.call_log != nullptr;
  if (job.log_calls) job.watched = options.call_log->watched;
  job.record_views = options.client_views != nullptr;
  job.find_blame = options.find_blame;
  job.stacks_at = options.stacks_at;
  job.heap_stacks = options.heap_stacks;
  // A program has to stop once at least; and what is looked at closely is to be the same each time.
  const bool is_looked_at = job.record_time_line || job.log_calls || job.record_views;
  const bool is_for_blame = job.find_blame || !job.stacks_at.empty() || job.heap_stacks;
  job.alone = is_new_ || is_looked_at || is_for_blame;
  is_new_ = false;
  try {
    if (is_looked_at && program_->counts_heap()) {
      // Whether the heap grows without end takes more rounds than anybody would look at.
      inside::Job plain;
      plain.scenario = scenario;
      plain.alone = true;
      program_->Do(plain, options);
    }
    const bool is_first = job.alone || !program_->process_stays();
    inside::JobResult result = program_->Do(job, options);
    if (!result.run.findings.empty() && !is_first) {
      const Finding first = result.run.findings.front();
      job.alone = true;
      result = program_->Do(job, options);
      if (result.run.findings.empty()) {
        result.run.not_shown_again = fmt::format("{}: {}", first.oracle, first.evidence);
      }
    }
    if (options.call_log != nullptr) options.call_log->calls = std::move(result.calls);
    if (options.client_views != nullptr) *options.client_views = std::move(result.views);
    return std::move(result.run);
  } catch (...) {
    program_ = nullptr;
    throw;
  }
}

}  // namespace hupstorm
