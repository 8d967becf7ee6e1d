#include "tools/fuzz/program_call.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/file_descriptor.h"
#include "tools/cli/errors.h"

namespace hupstorm {

ChildProcess StartProgram(const ProgramCall& call, const std::filesystem::path& log) {
  const FileDescriptor file(open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!file) throw FailedError("cannot write {}: {}", log.string(), std::strerror(errno));
  const Program program(call.arguments, call.environment);
  const auto become = [&] {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    if (call.nice != 0 && nice(call.nice) == -1) {
      // It then competes with the fuzzers.
    }
    SetStandardStreams(file.get(), file.get());
    program.Exec();
  };
  try {
    return ChildProcess(become, {.death_signal = SIGTERM, .own_group = true});
  } catch (const std::system_error& error) {
    throw FailedError("cannot start {}: {}", call.arguments.front(), error.code().message());
  }
}

}  // namespace hupstorm
