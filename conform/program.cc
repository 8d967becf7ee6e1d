#include "conform/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <stdexcept>

#include "kernel/trace/symbols.h"

namespace hupstorm::conform {
namespace {

std::string Stream(const Operation& op) {
  return SocketTypeNames(SOCK_STREAM | static_cast<int>(op.flags));
}
std::string How(const Operation& op) { return ShutdownName(static_cast<int>(op.flags)); }
std::string Message(const Operation& op) { return MessageFlagNames(static_cast<int>(op.flags)); }
std::string OptionText(const Operation& op) { return Options()[op.flags].text; }
std::string Mode(const Operation& op) { return op.value != 0 ? "O_NONBLOCK" : "0"; }
std::string Events(const Operation& op) { return EpollEventNames(op.flags); }
std::string Time(const Operation& op) {
  if (op.value == 0) return "disarmed";
  return op.value == 1 ? "in the past" : "in an hour";
}

// How an operation is written: {made} and {second} are the slots that it fills.
struct CodeRow {
  std::string_view name;
  const char* text = "{name}({slot})";
  std::string (*detail)(const Operation&) = nullptr;  // what {detail} stands for
  const char* makes = nullptr;                        // what a slot that it fills is called
  const char* prefix = nullptr;  // of the flags that {detail} stands for, of calls that create
};

// clang-format off
constexpr std::array<CodeRow, kCodes> kRows = {{
    {"listener", "{made} = {name}(backlog {size})", nullptr, "listener"},
    {"socket", "{made} = {name}({detail})", Stream, "client"},
    {"accept4", "{made} = {name}({slot}, {detail})", nullptr, "server", "SOCK"},
    {"dup", "{made} = {name}({slot})", nullptr, "copy"},
    {"pipe2", "{made}, {second} = {name}({detail})", nullptr, "reader", "O"},
    {"socketpair", "{made}, {second} = {name}({detail})", Stream, "pair"},
    {"eventfd", "{made} = {name}({value}, {detail})", nullptr, "eventfd", "EFD"},
    {"timerfd_create", "{made} = {name}({detail})", nullptr, "timerfd", "TFD"},
    {"epoll_create1", "{made} = {name}()", nullptr, "epoll"},
    {"connect", "{name}({slot}, {to})"},
    {"listen", "{name}({slot}, {size})"},
    {"shutdown", "{name}({slot}, {detail})", How},
    {"close"},
    {"reset"},
    {"dup3", "{name}({slot}, {other}, {detail})", nullptr, nullptr, "O"},
    {"send", "{name}({slot}, {size}, {detail})", Message},
    {"write", "{name}({slot}, {size})"},
    {"writev", "{name}({slot}, {size})"},
    {"sendmsg", "{name}({slot}, {size}, {detail})", Message},
    {"sendmmsg", "{name}({slot}, {size}, {detail})", Message},
    {"sendfile", "{name}({slot}, {size})"},
    {"recv", "{name}({slot}, {size}, {detail})", Message},
    {"read", "{name}({slot}, {size})"},
    {"readv", "{name}({slot}, {size})"},
    {"recvmsg", "{name}({slot}, {size}, {detail})", Message},
    {"recvmmsg", "{name}({slot}, {size}, {detail})", Message},
    {"fill"},
    {"drain"},
    {"setsockopt", "{name}({slot}, {detail}, {value})", OptionText},
    {"getsockopt", "{name}({slot}, {detail})", OptionText},
    {"F_SETFL", "fcntl({slot}, {name}, {detail})", Mode},
    {"F_GETFL", "fcntl({slot}, {name})"},
    {"FIONREAD", "ioctl({slot}, {name})"},
    {"SIOCATMARK", "ioctl({slot}, {name})"},
    {"SIOCOUTQ", "ioctl({slot}, {name})"},
    {"getsockname"},
    {"getpeername"},
    {"timerfd_settime", "{name}({slot}, {detail})", Time},
    {"timerfd_gettime"},
    {"EPOLL_CTL_ADD", "epoll_ctl({slot}, {name}, {other}, {detail}, data {value})", Events},
    {"EPOLL_CTL_MOD", "epoll_ctl({slot}, {name}, {other}, {detail}, data {value})", Events},
    {"EPOLL_CTL_DEL", "epoll_ctl({slot}, {name}, {other})"},
    {"epoll_wait", "{name}({slot}, {size} events)"},
    {"poll", "{name}({watched})"},
    {"select", "{name}({watched})"},
}};
// clang-format on

const CodeRow& RowOf(Code code) { return kRows[static_cast<size_t>(code)]; }

// What a slot is called after it was made by `maker`.
const char* KindOf(const Operation& maker, int slot) {
  return maker.code == Code::kPipe && maker.other == slot ? "writer" : RowOf(maker.code).makes;
}

bool Makes(const Operation& operation, int slot) {
  if (operation.made == slot) return true;
  return operation.other == slot &&
         (operation.code == Code::kPipe || operation.code == Code::kSocketpair);
}

}  // namespace

std::string_view CodeName(Code code) { return RowOf(code).name; }

const std::vector<Option>& Options() {
#define HUPSTORM_OPTION(level, name, settable) \
  { level, name, #level, #name, settable }
  static const std::vector<Option> options = {
      HUPSTORM_OPTION(SOL_SOCKET, SO_ERROR, false),
      HUPSTORM_OPTION(SOL_SOCKET, SO_SNDBUF, true),
      HUPSTORM_OPTION(SOL_SOCKET, SO_RCVBUF, true),
      HUPSTORM_OPTION(SOL_SOCKET, SO_KEEPALIVE, true),
      HUPSTORM_OPTION(SOL_SOCKET, SO_OOBINLINE, true),
      HUPSTORM_OPTION(SOL_SOCKET, SO_RCVLOWAT, true),
      HUPSTORM_OPTION(SOL_SOCKET, SO_REUSEADDR, true),
      HUPSTORM_OPTION(SOL_SOCKET, SO_LINGER, true),
      HUPSTORM_OPTION(SOL_SOCKET, SO_ACCEPTCONN, false),
      HUPSTORM_OPTION(SOL_SOCKET, SO_TYPE, false),
      HUPSTORM_OPTION(SOL_SOCKET, SO_DOMAIN, false),
      HUPSTORM_OPTION(SOL_SOCKET, SO_PROTOCOL, false),
      HUPSTORM_OPTION(SOL_SOCKET, SO_REUSEPORT, true),
      HUPSTORM_OPTION(SOL_SOCKET, SO_PRIORITY, true),
      HUPSTORM_OPTION(SOL_SOCKET, SO_ZEROCOPY, true),
      HUPSTORM_OPTION(IPPROTO_IP, IP_TOS, true),
      HUPSTORM_OPTION(IPPROTO_IP, IP_TTL, true),
      HUPSTORM_OPTION(IPPROTO_IP, IP_RECVTOS, true),
      HUPSTORM_OPTION(IPPROTO_TCP, TCP_NODELAY, true),
      HUPSTORM_OPTION(IPPROTO_TCP, TCP_CORK, true),
      HUPSTORM_OPTION(IPPROTO_TCP, TCP_LINGER2, true),
      HUPSTORM_OPTION(IPPROTO_TCP, TCP_NOTSENT_LOWAT, true),
      HUPSTORM_OPTION(IPPROTO_TCP, TCP_SYNCNT, true),
      HUPSTORM_OPTION(IPPROTO_TCP, TCP_SAVE_SYN, true),
      HUPSTORM_OPTION(IPPROTO_TCP, TCP_FASTOPEN, true),
      HUPSTORM_OPTION(IPPROTO_TCP, TCP_KEEPIDLE, true),
      HUPSTORM_OPTION(IPPROTO_TCP, TCP_KEEPINTVL, true),
      HUPSTORM_OPTION(IPPROTO_TCP, TCP_KEEPCNT, true),
      HUPSTORM_OPTION(IPPROTO_TCP, TCP_USER_TIMEOUT, true),
  };
#undef HUPSTORM_OPTION
  return options;
}

uint32_t OptionIndex(int level, int name) {
  const std::vector<Option>& options = Options();
  for (uint32_t i = 0; i < options.size(); ++i) {
    if (options[i].level == level && options[i].name == name) return i;
  }
  throw std::logic_error("an option that programs do not use");
}

std::string SlotName(const Program& program, int slot, size_t before) {
  if (slot == kNoSlot) return "-1";
  const char* kind = nullptr;
  for (size_t i = 0; i < before && i < program.operations.size(); ++i) {
    if (!Makes(program.operations[i], slot)) continue;
    kind = KindOf(program.operations[i], slot);
  }
  return fmt::format("{}{}", kind != nullptr ? kind : "nothing", slot);
}

std::string OperationText(const Program& program, size_t index) {
  const Operation& op = program.operations[index];
  const CodeRow& row = RowOf(op.code);
  const auto name = [&](int slot) { return SlotName(program, slot, index); };
  std::string detail;
  if (row.detail != nullptr) detail = row.detail(op);
  if (row.prefix != nullptr) detail = CreationFlagNames(row.prefix, static_cast<int>(op.flags));
  std::string watched;
  for (const auto& [slot, events] : op.all_watched()) {
    watched +=
        fmt::format("{}{}:{}", watched.empty() ? "" : ", ", name(slot), PollEventNames(events));
  }
  return fmt::format(fmt::runtime(row.text), fmt::arg("name", row.name),
                     fmt::arg("made", SlotName(program, op.made, index + 1)),
                     fmt::arg("second", SlotName(program, op.other, index + 1)),
                     fmt::arg("slot", name(op.slot)), fmt::arg("other", name(op.other)),
                     fmt::arg("to", op.other == kNoSlot ? "nobody" : name(op.other)),
                     fmt::arg("size", op.size), fmt::arg("value", op.value),
                     fmt::arg("detail", detail), fmt::arg("watched", watched));
}

}  // namespace hupstorm::conform
