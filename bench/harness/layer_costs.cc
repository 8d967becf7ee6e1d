// What each layer adds to a call: the same calls through the layer, and without it.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "base/loopback_address.h"
#include "bench/harness/cpu_cost.h"
#include "bench/harness/parts.h"
#include "kernel/faults/fault_injector.h"
#include "kernel/in_force.h"
#include "kernel/simulated/simulated_kernel.h"
#include "kernel/trace/trace_recorder.h"

namespace hupstorm::harness {
namespace {

constexpr uint16_t kPort = 8888;
constexpr int kMessage = 64;
constexpr int64_t kNobody = 1'000'000;  // the key of a connection that there is not

// A descriptor's key is its number.
class ByDescriptor final : public FaultWorld {
 public:
  int64_t ConnectionOf(int fd) override { return fd; }
  void ResetPeerOf(int, bool) override {}
  void OnAborted(int) override {}
};

// The calls, without the libc shim between.
struct Direct {
  Syscalls& kernel;
  int EpollWait(int epfd, epoll_event* events, int most) const {
    return Invoke<Call::kEpollWait>(kernel, epfd, events, most, 0);
  }
  ssize_t Recv(int fd, void* buffer, size_t length) const {
    return Invoke<Call::kRecv>(kernel, fd, buffer, length, 0);
  }
  ssize_t Send(int fd, const void* buffer, size_t length) const {
    return Invoke<Call::kSend>(kernel, fd, buffer, length, MSG_NOSIGNAL);
  }
};

// As a server makes them.
struct ThroughLibc {
  int EpollWait(int epfd, epoll_event* events, int most) const {
    return epoll_wait(epfd, events, most, 0);
  }
  ssize_t Recv(int fd, void* buffer, size_t length) const { return recv(fd, buffer, length, 0); }
  ssize_t Send(int fd, const void* buffer, size_t length) const {
    return send(fd, buffer, length, MSG_NOSIGNAL);
  }
};

// What an echo server does once it runs: it waits, reads a message and sends it back.
class EchoCalls final : public MeasuredCall {
 public:
  // A batch is of rounds, each of these three calls.
  static constexpr int kCallsOfARound = 3;

  // What layers are put on.
  SimulatedKernel& kernel() { return kernel_; }
  // From now on calls go through the shim, to `top`.
  void set_top(Syscalls& top) {
    top_ = &top;
    direct_ = false;
  }

  void Open() {
    const int listener =
        Checked("socket", Invoke<Call::kSocket>(kernel_, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    const sockaddr_in address = LoopbackIpv4(kPort);
    Checked("bind",
            Invoke<Call::kBind>(kernel_, listener, reinterpret_cast<const sockaddr*>(&address),
                                sizeof address));
    Checked("listen", Invoke<Call::kListen>(kernel_, listener, 16));
    epoll_ = Checked("epoll_create1", Invoke<Call::kEpollCreate1>(*top_, 0));
    peer_ = kernel_.PeerConnect(kPort);
    connection_ =
        Checked("accept4", Invoke<Call::kAccept>(*top_, listener, nullptr, nullptr, SOCK_NONBLOCK));
    epoll_event event = {.events = EPOLLIN, .data = {.fd = connection_}};
    Checked("epoll_ctl",
            Invoke<Call::kEpollCtl>(*top_, epoll_, EPOLL_CTL_ADD, connection_, &event));
  }

  bool prepares() const override { return true; }
  void Prepare() override {
    while (!kernel_.PeerPeek(peer_).empty()) {
      kernel_.PeerConsume(peer_, kernel_.PeerPeek(peer_).size());
    }
    // Text, as a trace would show it: other bytes take it longer to write.
    std::array<std::byte, size_t{kBatch} * kMessage> bytes;
    bytes.fill(std::byte{'x'});
    kernel_.PeerSend(peer_, bytes);
  }
  void RunBatch() override {
    if (direct_) {
      Rounds(Direct{*top_});
    } else {
      const ServerScope scope(*top_);
      Rounds(ThroughLibc());
    }
  }

 private:
  template <typename Calls>
  void Rounds(const Calls& calls) {
    for (int i = 0; i < kBatch; ++i) {
      epoll_event event;
      char bytes[kMessage];
      Checked("epoll_wait", calls.EpollWait(epoll_, &event, 1));
      const ssize_t count = Checked("recv", calls.Recv(event.data.fd, bytes, sizeof bytes));
      Checked("send", calls.Send(event.data.fd, bytes, static_cast<size_t>(count)));
    }
  }

  SimulatedKernel kernel_;
  Syscalls* top_ = &kernel_;
  bool direct_ = true;
  int epoll_ = -1;
  int connection_ = -1;
  PeerId peer_ = kNoPeer;
};

// One stack of layers, with a kernel of its own.
struct Stack {
  std::string key;   // in the figures
  std::string name;  // in the table
  std::unique_ptr<EchoCalls> calls;
  std::unique_ptr<Syscalls> layer;  // null for none
  std::vector<double> costs;        // of one call
};

class Stacks {
 public:
  Stacks() {
    Stack& bare = Add("kernel", "the simulated kernel");
    bare.calls->Open();
    OpenOn(Add("shim", "+ the shim in libc's place"), nullptr);
    const auto injector = [this](Stack& stack, bool rule) {
      auto layer = std::make_unique<FaultInjector>(stack.calls->kernel(), world_);
      if (rule) {
        layer->Add({.call = CallFamily::kRecv,
                    .outcome = FaultOutcome::kEagain,
                    .times = kAlways,
                    .connection = kNobody});
      }
      OpenOn(stack, std::move(layer));
    };
    injector(Add("injector", "+ shim + fault injector without rules"), false);
    injector(Add("injector_one_rule", "+ shim + fault injector, a rule for another connection"),
             true);
    Stack& read = Add("trace_read", "+ shim + trace recorder, read");
    OpenOn(read, std::make_unique<TraceRecorder>(
                     read.calls->kernel(), [this](const SystemCall&, const std::string& line) {
                       bytes_of_trace_ += line.size();
                     }));
    // As in a run without a time line: see ScenarioRun::top.
    OpenOn(Add("trace_unread", "+ shim + trace recorder that nobody reads"), nullptr);
  }

  std::vector<Stack>& all() { return stacks_; }

 private:
  Stack& Add(std::string key, std::string name) {
    stacks_.push_back({.key = std::move(key),
                       .name = std::move(name),
                       .calls = std::make_unique<EchoCalls>(),
                       .layer = nullptr,
                       .costs = {}});
    return stacks_.back();
  }
  static void OpenOn(Stack& stack, std::unique_ptr<Syscalls> layer) {
    stack.layer = std::move(layer);
    if (stack.layer != nullptr) {
      stack.calls->set_top(*stack.layer);
    } else {
      stack.calls->set_top(stack.calls->kernel());
    }
    stack.calls->Open();
  }

  ByDescriptor world_;
  size_t bytes_of_trace_ = 0;
  std::vector<Stack> stacks_;
};

}  // namespace

void AddLayerCosts(const Share& share, BenchReport& report) {
  Stacks stacks;
  const std::chrono::milliseconds wall(share.settings.quick ? 5 : 50);
  // Cheap, and what is compared is small: more often than other things.
  const int repeats = share.settings.repeats * 3;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    share.Report(static_cast<double>(repeat) / repeats, "layers");
    for (Stack& stack : stacks.all()) {
      stack.costs.push_back(CostOf(*stack.calls, wall) / EchoCalls::kCallsOfARound);
    }
  }
  BenchTable table{
      .title = "What each layer adds to a call, in ns of CPU time",
      .header = {"through", "a call", "added"},
      .notes = {"The mean of epoll_wait, recv and send, as an echo server makes them with one "
                "message of 64 bytes. What is added is beside the row above that has no layer: the "
                "shim beside the kernel, the others beside the shim."}};
  auto& figures = report.figures["layers"] = nlohmann::ordered_json::object();
  const std::vector<double>& bare = stacks.all()[0].costs;
  const std::vector<double>& shim = stacks.all()[1].costs;
  for (const Stack& stack : stacks.all()) {
    const bool is_bare = stack.key == "kernel";
    const Spread added = Added(stack.key == "shim" || is_bare ? bare : shim, stack.costs);
    table.rows.push_back({stack.name, SpreadText(SpreadOf(stack.costs)),
                          is_bare ? "" : fmt::format("{:.1f}", added.median)});
    figures[stack.key] = {{"call_ns", SpreadJson(SpreadOf(stack.costs))},
                          {"added_ns", SpreadJson(added)}};
  }
  report.tables.push_back(std::move(table));
}

}  // namespace hupstorm::harness
