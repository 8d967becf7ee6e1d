// Each program of this folder prints the same and ends in the same way on Linux and on the
// simulation.

#include <gmock/gmock.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ostream>
#include <string>

#include "base/child_process.h"
#include "base/file_descriptor.h"

namespace hupstorm {
namespace {

constexpr unsigned kLongestSeconds = 120;
constexpr int kMostAttempts = 5;

struct Outcome {
  std::string output;
  std::string end;
  friend bool operator==(const Outcome&, const Outcome&) = default;
  friend void PrintTo(const Outcome& outcome, std::ostream* out) {
    *out << "\n" << outcome.output << outcome.end << "\n";
  }
};

// A network of its own, if this user may have one: nobody else's sockets take its ports.
void LeaveNetwork() {
  if (unshare(CLONE_NEWNET) != 0) return;
  const FileDescriptor any(socket(AF_INET, SOCK_DGRAM, 0));
  ifreq loopback = {};
  strcpy(loopback.ifr_name, "lo");
  loopback.ifr_flags = IFF_UP;
  if (ioctl(any.get(), SIOCSIFFLAGS, &loopback) != 0) _exit(1);
}

Outcome RunProgram(const char* executable, const std::string& name) {
  auto [read_end, write_end] = MakePipe();
  const int output = write_end.get();
  const Program program({executable, name});
  ChildProcess child([&] {
    SetStandardStreams(output, STDERR_FILENO);
    LeaveNetwork();
    alarm(kLongestSeconds);  // goes on after the exec
    program.Exec();
  });
  write_end.reset();
  Outcome outcome;
  char part[4096];
  for (ssize_t got = 0; (got = read(read_end.get(), part, sizeof part)) > 0;) {
    outcome.output.append(part, static_cast<size_t>(got));
  }
  const int status = child.Wait();
  outcome.end = WIFEXITED(status)
                    ? "exit code " + std::to_string(WEXITSTATUS(status))
                    : std::string("ended by a signal: ") + strsignal(WTERMSIG(status));
  return outcome;
}

class ProgramsTest : public testing::TestWithParam<const char*> {};

TEST_P(ProgramsTest, PrintsTheSameOnLinuxAndOnTheSimulation) {
  const Outcome simulated = RunProgram(PROGRAMS_SIMULATED, GetParam());
  EXPECT_THAT(simulated.output, testing::Not(testing::IsEmpty()));
  EXPECT_EQ(simulated.end, "exit code 0");
  // On a busy machine Linux's timers may run out where a program does not expect it.
  Outcome on_linux = RunProgram(PROGRAMS_ON_LINUX, GetParam());
  for (int again = 0; again < kMostAttempts && on_linux != simulated; ++again) {
    on_linux = RunProgram(PROGRAMS_ON_LINUX, GetParam());
  }
  EXPECT_EQ(simulated, on_linux);
}

constexpr const char* kPrograms[] = {
#define HUPSTORM_PROGRAM(name) #name,
#include "program_rows.inc"
#undef HUPSTORM_PROGRAM
};
INSTANTIATE_TEST_SUITE_P(, ProgramsTest, testing::ValuesIn(kPrograms),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace hupstorm
