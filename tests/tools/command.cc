#include "tests/tools/command.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <stdexcept>

extern char** environ;

namespace hupstorm {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{150};

struct Pipe {
  Pipe() {
    if (pipe2(fds, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  }
  ~Pipe() {
    CloseRead();
    CloseWrite();
  }
  void CloseRead() { Close(fds[0]); }
  void CloseWrite() { Close(fds[1]); }
  static void Close(int& fd) {
    if (fd >= 0) close(fd);
    fd = -1;
  }
  int fds[2];
};

class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

pid_t Spawn(const std::string& program, const std::vector<std::string>& arguments,
            FileActions& actions) {
  std::vector<char*> argv = {const_cast<char*>("hupstorm")};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t pid = -1;
  if (posix_spawn(&pid, program.c_str(), actions.get(), nullptr, argv.data(), environ) != 0) {
    throw std::runtime_error("cannot run " + program);
  }
  return pid;
}

int ExitCode(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Reads what is there; false at the end.
bool ReadSome(int fd, std::string& text) {
  char block[16 << 10];
  const ssize_t count = read(fd, block, sizeof block);
  if (count <= 0) return false;
  text.append(block, static_cast<size_t>(count));
  return true;
}

}  // namespace

CommandResult Hupstorm(const std::vector<std::string>& arguments, const CommandInput& input) {
  signal(SIGPIPE, SIG_IGN);  // a command need not read all of its input
  Pipe in;
  Pipe out;
  Pipe err;
  FileActions actions;
  posix_spawn_file_actions_adddup2(actions.get(), in.fds[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(actions.get(), out.fds[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(actions.get(), err.fds[1], STDERR_FILENO);
  if (!input.output_file.empty()) {
    posix_spawn_file_actions_addopen(actions.get(), STDOUT_FILENO, input.output_file.c_str(),
                                     O_WRONLY, 0);
  }
  if (!input.folder.empty()) {
    posix_spawn_file_actions_addchdir_np(actions.get(), input.folder.c_str());
  }
  const pid_t pid =
      Spawn(input.program.empty() ? HUPSTORM_COMMAND : input.program, arguments, actions);
  in.CloseRead();
  out.CloseWrite();
  err.CloseWrite();
  fcntl(in.fds[1], F_SETFL, O_NONBLOCK);

  CommandResult result;
  size_t written = 0;
  const Clock::time_point deadline = Clock::now() + kPatience;
  while (out.fds[0] >= 0 || err.fds[0] >= 0) {
    if (written == input.standard_input.size()) in.CloseWrite();
    pollfd fds[] = {{out.fds[0], POLLIN, 0}, {err.fds[0], POLLIN, 0}, {in.fds[1], POLLOUT, 0}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0 || poll(fds, 3, static_cast<int>(left)) == 0) {
      kill(pid, SIGKILL);
      ADD_FAILURE() << "hupstorm took longer than 150 s";
      break;
    }
    if (fds[0].revents != 0 && !ReadSome(out.fds[0], result.out)) out.CloseRead();
    if (fds[1].revents != 0 && !ReadSome(err.fds[0], result.err)) err.CloseRead();
    if (fds[2].revents != 0) {
      const ssize_t count = write(in.fds[1], input.standard_input.data() + written,
                                  input.standard_input.size() - written);
      if (count < 0) {
        in.CloseWrite();
      } else {
        written += static_cast<size_t>(count);
      }
    }
  }
  result.exit_code = ExitCode(pid);
  return result;
}

bool HasTerminals() {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0) return false;
  int side = -1;
  if (grantpt(terminal) == 0 && unlockpt(terminal) == 0) {
    side = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
  }
  close(terminal);
  if (side >= 0) close(side);
  return side >= 0;
}

nlohmann::json JsonOf(const CommandResult& result) {
  nlohmann::json value = nlohmann::json::parse(result.out, nullptr, false);
  EXPECT_FALSE(value.is_discarded()) << "not JSON: " << result.out << result.err;
  return value;
}

TemporaryFolder::TemporaryFolder() {
  std::string path = ::testing::TempDir() + "hupstorm-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp " + path);
  path_ = path;
}

TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(path_); }

std::string TemporaryFolder::Write(const std::string& name, std::string_view content) const {
  std::string path = path_ + "/" + name;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

ServingCommand::ServingCommand(const std::vector<std::string>& arguments) {
  Pipe out;
  FileActions actions;
  posix_spawn_file_actions_adddup2(actions.get(), out.fds[1], STDOUT_FILENO);
  std::vector<std::string> all = {"serve", "--port", "0"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  pid_ = Spawn(HUPSTORM_COMMAND, all, actions);
  out.CloseWrite();
  output_ = std::exchange(out.fds[0], -1);
  std::string said;
  while (said.find('\n') == std::string::npos && ReadSome(output_, said)) {
  }
  std::smatch match;
  if (!std::regex_search(said, match, std::regex(R"(127\.0\.0\.1:(\d+))"))) {
    throw std::runtime_error("hupstorm serve did not say where it listens: " + said);
  }
  port_ = std::stoi(match[1]);
}

ServingCommand::~ServingCommand() {
  if (pid_ >= 0) Stop(SIGKILL);
  close(output_);
}

int ServingCommand::Stop(int signal) {
  kill(pid_, signal);
  return ExitCode(std::exchange(pid_, -1));
}

}  // namespace hupstorm
