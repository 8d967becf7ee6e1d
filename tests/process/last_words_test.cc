// How a server's end is told: the signal and the reason, and none of the shell's own words.

#include "scenarios/worlds/last_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>

#include "scenarios/worlds/server_command.h"
#include "tests/process/process_run.h"
#include "tests/process/servers.h"

namespace hupstorm {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int Exited(int code) { return code << 8; }

TEST(LastWordsTest, AShellsExitCodeIsTheSignalItTellsOf) {
  EXPECT_EQ(StatusBehindShell(Exited(134)), SIGABRT);
  EXPECT_EQ(StatusBehindShell(Exited(139)), SIGSEGV);
  EXPECT_EQ(StatusBehindShell(Exited(1)), Exited(1));
  EXPECT_EQ(StatusBehindShell(Exited(143)), Exited(143)) << "a Java VM's own after SIGTERM";
  EXPECT_EQ(StatusBehindShell(Exited(255)), Exited(255));
  EXPECT_EQ(StatusBehindShell(SIGSEGV), SIGSEGV);
}

TEST(LastWordsTest, TheReasonIsNoStackAndNoWordOfTheShells) {
  EXPECT_EQ(ReasonIn("bad\nAborted\n"), "bad");
  EXPECT_EQ(ReasonIn("bad\nx.sh: line 3:  4711 Segmentation fault      (core dumped) ./server\n"),
            "bad");
  EXPECT_EQ(ReasonIn("Terminated\n"), "");
  EXPECT_EQ(
      ReasonIn("node:events:491\n      throw er;\n\nError: write ECONNRESET\n    at f (a.js:1)\n"
               "Emitted 'error' event at:\n    at g\n\nNode.js v18.19.0\n"),
      "Error: write ECONNRESET");
  EXPECT_EQ(ReasonIn("Traceback:\n  File \"a\"\nKeyError: 5\nTraceback:\n  File \"b\"\n"
                     "ConnectionResetError: [Errno 104]\n"),
            "ConnectionResetError: [Errno 104]");
  EXPECT_EQ(
      ReasonIn("panic: runtime error: index out of range\n\ngoroutine 1 [running]:\n\tmain.go:5\n"),
      "panic: runtime error: index out of range");
  EXPECT_EQ(
      ReasonIn("Exception in thread \"main\" java.io.IOException: reset\n\tat A.b(A.java:5)\n"),
      "Exception in thread \"main\" java.io.IOException: reset");
}

TEST(LastWordsTest, TheReasonStandsBeforeAStackOrAfterAPlace) {
  EXPECT_EQ(ReasonIn("lua5.4: a.lua:1: boom\nstack traceback:\n\t[C]: in function 'error'\n"),
            "lua5.4: a.lua:1: boom");
  EXPECT_EQ(
      ReasonIn("boom\n    while executing\n\"error boom \"\n    invoked from within\n\"f\"\n"),
      "boom");
  EXPECT_EQ(ReasonIn("PHP Fatal error:  Uncaught Exception: boom in a.php:1\nStack trace:\n"
                     "#0 a.php(1): f()\n#1 {main}\n  thrown in a.php on line 1\n"),
            "PHP Fatal error:  Uncaught Exception: boom in a.php:1");
  EXPECT_EQ(ReasonIn("\nthread 'main' (9) panicked at a.rs:1:62:\ncalled `unwrap()` on `Err`\n"
                     "stack backtrace:\n   0: a::main\nnote: Some details are omitted\n"),
            "called `unwrap()` on `Err`");
  EXPECT_EQ(
      ReasonIn("thread 'main' panicked at 'boom', a.rs:1:62\nnote: run with RUST_BACKTRACE\n"),
      "thread 'main' panicked at 'boom', a.rs:1:62");
  EXPECT_EQ(
      ReasonIn("a.js:1\nthrow \"just text\"\n^\njust text\n(Use `node --trace-uncaught ...` to "
               "show where the exception was thrown)\n\nNode.js v20.20.2\n"),
      "just text");
  EXPECT_EQ(ReasonIn("fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan "
                     "receive]:\nmain.main()\n\t/b.go:2 +0x1d\nexit status 2\n"),
            "fatal error: all goroutines are asleep - deadlock!");
}

TEST(LastWordsTest, WhatBecameOfTheCrashIsNoReason) {
  EXPECT_EQ(ReasonIn("Runtime terminating during boot ({undef,[{timer,sleep,[100],[]}]})\n\n"
                     "Crash dump is being written to: erl_crash.dump...done\n"),
            "Runtime terminating during boot ({undef,[{timer,sleep,[100],[]}]})");
}

TEST(LastWordsTest, WhatClientsHaveSentIsNoReason) {
  const std::string pattern = "got 3Ta@bK0;]Xq\n";
  EXPECT_EQ(LastWordsOfCommand(Exited(1), "", pattern), "it called exit(1)");
  EXPECT_EQ(LastWordsOfCommand(Exited(1), "", "no such file\n"), "it called exit(1): no such file");
  EXPECT_EQ(LastWordsOfCommand(Exited(1), "bind: in use\n", pattern),
            "it called exit(1): bind: in use");
  EXPECT_EQ(LastWordsOfCommand(SIGSEGV, "", "listening\n"),
            "killed by SIGSEGV (Segmentation fault)");
}

TEST(LastWordsTest, AServersOutputEndsBeforeTheShellsWords) {
  EXPECT_EQ(WithoutShellsWords("listening\nTerminated\n"), "listening\n");
  EXPECT_EQ(WithoutShellsWords("Terminated by me\n"), "Terminated by me\n");
  EXPECT_EQ(WithoutShellsWords("Killed\n"), "");
  EXPECT_EQ(WithoutShellsWords(""), "");
}

TEST(WithExecTest, StandsBeforeTheLastSimpleCommand) {
  EXPECT_EQ(WithExec("./server 80"), "exec ./server 80");
  EXPECT_EQ(WithExec("  A=1 B='x y' ./server >log 2>&1"), "  A=1 B='x y' exec ./server >log 2>&1");
  EXPECT_EQ(WithExec("cd /tmp && ./server 80"), "cd /tmp && exec ./server 80");
  EXPECT_EQ(WithExec("ulimit -n 64; \"./my server\" 80"), "ulimit -n 64; exec \"./my server\" 80");
  EXPECT_EQ(WithExec("python3 -c 'a; b | (c)' 80"), "exec python3 -c 'a; b | (c)' 80");
}

TEST(WithExecTest, StandsNowhereIfTheShellIsStillNeeded) {
  for (const char* const command : {"./server 80 | tee log",
                                    "./server 80 &",
                                    "./server 80 & wait",
                                    "(./server 80)",
                                    "{ ./server 80; }",
                                    "while true; do ./server 80; done",
                                    "if true; then ./server 80; fi",
                                    "trap 'rm x' EXIT; ./server 80",
                                    "exec ./server 80",
                                    "eval ./server 80",
                                    "! ./server 80",
                                    "./server 80;",
                                    "./server $(cat port)",
                                    "./server `cat port`",
                                    "./server <<E\nE",
                                    ">log ./server",
                                    "./server 80 # comment",
                                    "",
                                    "'",
                                    ". ./server.sh 80",
                                    "./server 80; echo ended"}) {
    EXPECT_EQ(WithExec(command), command);
  }
}

// ---- A server that aborts, however it was started: one death, and one fingerprint.

TEST(DeathOfServerTest, IsTheSameWhateverShellStandsBeforeIt) {
  const std::string server = PythonServer("reset_aborts");
  const std::string scenario = "a connect\na send 5\na reset\n";
  for (const std::string& command :
       {server, "true && " + server, "sh -c '" + server + "; exit $?'"}) {
    const RunResult result = RunServer(command, scenario);
    EXPECT_EQ(Told(result), "server-died: killed by SIGABRT (Aborted): a connection was reset\n")
        << command;
    EXPECT_THAT(result.output, Not(HasSubstr("Aborted"))) << command;
  }
}

}  // namespace
}  // namespace hupstorm
