// What a user reads after each kind of mistake, whole.

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "scenarios/language/parse.h"
#include "scenarios/language/scenario.h"

namespace hupstorm {
namespace {

std::string ErrorOf(const std::string& text) {
  try {
    ParseScenario(text, "a.scn");
  } catch (const ParseError& error) {
    return error.what();
  }
  return "no error";
}

struct Mistake {
  std::string text;
  std::string error;
  friend std::ostream& operator<<(std::ostream& out, const Mistake& m) { return out << m.error; }
};

class MistakeTest : public testing::TestWithParam<Mistake> {};

TEST_P(MistakeTest, SaysWhereAndWhat) {
  EXPECT_EQ(ErrorOf(GetParam().text), "a.scn:" + GetParam().error) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Table, MistakeTest,
    testing::Values(
        Mistake{"", "1:1: expected at least one step, found the end of the file"},
        Mistake{"\n\n# only a comment",
                "3:17: expected at least one step, found the end of the file"},
        Mistake{"a conect",
                "1:3: expected an action of a client, found \"conect\"; did you mean \"connect\"?"},
        Mistake{"conect", "1:1: expected a client first, such as \"a connect\", found \"conect\""},
        Mistake{
            "a shutdwon write",
            "1:3: expected an action of a client, found \"shutdwon\"; did you mean \"shutdown\"?"},
        Mistake{"a shutdown read", "1:12: expected \"write\", found \"read\""},
        Mistake{"a shutdown", "1:11: expected \"write\", found the end of the line"},
        Mistake{"A connect",
                "1:1: expected a client such as a, c[7] or c[1..200], found \"A\"; did you mean "
                "\"a\"?"},
        Mistake{"c12 connect",
                "1:1: expected a client such as a, c[7] or c[1..200], found \"c12\"; did you mean "
                "\"c[12]\"?"},
        Mistake{"c[1..200 connect", "1:10: expected \"]\", found \"connect\""},
        Mistake{"c[1,200] connect",
                "1:3: expected the number of a client from 0 to 9999, found \"1,200\""},
        Mistake{"c[1..20000] connect",
                "1:6: expected the number of a client from 1 to 9999, found \"20000\""},
        Mistake{"c[5..2] connect",
                "1:6: expected the number of a client from 5 to 9999, found \"2\""},
        Mistake{"c[x] connect", "1:3: expected the number of a client from 0 to 9999, found \"x\""},
        Mistake{"a connect b", "1:11: expected the end of the line, found \"b\""},
        Mistake{"a send",
                "1:7: expected a size such as 64KiB, a string or \"urgent\", found the end of the "
                "line"},
        Mistake{"a send 64 KiB",
                "1:11: expected no blank between a number and its unit, found \"KiB\"; did you "
                "mean \"64KiB\"?"},
        Mistake{"a send 64kb",
                "1:8: expected a size such as 64KiB, found \"64kb\"; did you mean \"64KiB\"?"},
        Mistake{"a send 64XB",
                "1:8: expected a size such as 64KiB, found \"64XB\"; did you mean \"64B\"?"},
        Mistake{"a send 1.5MiB",
                "1:8: expected a whole number, found \"1.5MiB\"; a smaller unit makes it one"},
        Mistake{"a send 65MiB", "1:8: expected a size from 1B to 64MiB, found \"65MiB\""},
        Mistake{"a send 0", "1:8: expected a size from 1B to 64MiB, found \"0\""},
        Mistake{"a send 99999999999999999999999",
                "1:8: expected a size from 1B to 64MiB, found \"99999999999999999999999\""},
        Mistake{"a send -5",
                "1:8: expected a size such as 64KiB, a string or \"urgent\", found \"-5\""},
        Mistake{"a send urgnt",
                "1:8: expected a size such as 64KiB, a string or \"urgent\", found \"urgnt\"; did "
                "you mean \"urgent\"?"},
        Mistake{"a send \"abc",
                "1:8: expected a '\"' that ends this string, found the end of the line"},
        Mistake{"a send \"a\\qb\"",
                "1:10: expected an escape (\\r \\n \\t \\0 \\\\ \\\" \\xHH), found \"\\q\""},
        Mistake{"a send \"a\\x4\"",
                "1:10: expected an escape (\\r \\n \\t \\0 \\\\ \\\" \\xHH), found \"\\x4\\\"\""},
        Mistake{"a send \"a\\", "1:10: expected an escape after '\\', found the end of the line"},
        Mistake{"a send \"\"", "1:8: expected a string of at least one byte, found \"\""},
        Mistake{"a recieve all",
                "1:3: expected an action of a client, found \"recieve\"; it can be connect, send, "
                "request, shutdown, close, reset, vanish, read, buffer"},
        Mistake{"a read everything",
                "1:8: expected a size such as 4KiB, \"all\" or \"none\", found \"everything\""},
        Mistake{"a request 5s",
                "1:11: expected a size such as 64KiB, found \"5s\"; its unit can be MiB, KiB, B"},
        Mistake{"a buffer 0B", "1:10: expected a size from 1B to 64MiB, found \"0B\""},
        Mistake{"and a connect", "1:1: expected the first step to stand alone, found \"and\""},
        Mistake{"a connect\nexpect a open\nand a close",
                "3:1: expected a step that stands alone after an expectation, found \"and\""},
        Mistake{"a connect\nand expect a open",
                "2:5: expected an action, found \"expect\"; it can be a client, at, each, server, "
                "limit, wait, fault"},
        Mistake{"at recv: a reset",
                "1:8: expected the number of the call from 1 to 1000000, found \":\""},
        Mistake{"at recv 0 of a: a reset",
                "1:9: expected the number of the call from 1 to 1000000, found \"0\""},
        Mistake{"at recv 2 of a a reset", "1:16: expected \":\", found \"a\""},
        Mistake{"at recv 2 a: a reset", "1:11: expected \":\" or \"of\", found \"a\""},
        Mistake{"at read 2 of a: a reset",
                "1:4: expected the name of a call, found \"read\"; did you mean \"recv\"?"},
        Mistake{
            "at epol_ctl 2: a reset",
            "1:4: expected the name of a call, found \"epol_ctl\"; did you mean \"epoll_ctl\"?"},
        Mistake{"at recv 1 of c[1..2]: a reset", "1:14: expected one client, found \"c[1..2]\""},
        Mistake{"a connect\nand at recv 1: expect a open",
                "2:16: expected an action, found \"expect\"; it can be a client, each, server, "
                "limit, wait, fault"},
        Mistake{"each server stop",
                "1:6: expected a client such as a, c[7] or c[1..200], found \"server\""},
        Mistake{"each wait 5s",
                "1:6: expected a client such as a, c[7] or c[1..200], found \"wait\""},
        Mistake{"server sotp",
                "1:8: expected an action of the server, found \"sotp\"; did you mean \"stop\"?"},
        Mistake{"server stop now", "1:13: expected the end of the line, found \"now\""},
        Mistake{"server buffer sned 4KiB",
                "1:15: expected \"send\" or \"receive\", found \"sned\"; did you mean \"send\"?"},
        Mistake{
            "limit descriptor 3",
            "1:7: expected \"descriptors\", found \"descriptor\"; did you mean \"descriptors\"?"},
        Mistake{"limit descriptors many",
                "1:19: expected \"none\", \"minus\" or a number from 0 to 1000000, found \"many\""},
        Mistake{
            "limit descriptors 1000001",
            "1:19: expected \"none\", \"minus\" or a number from 0 to 1000000, found \"1000001\""},
        Mistake{"limit descriptors minus none",
                "1:25: expected a number from 0 to 1000000, found \"none\""},
        Mistake{"limit memory 3", "1:7: expected \"descriptors\", found \"memory\""},
        Mistake{"wait 30",
                "1:6: expected a duration such as 30s, found \"30\"; its unit can be h, m, s, ms, "
                "us, ns"},
        Mistake{"wait 30 s",
                "1:9: expected no blank between a number and its unit, found \"s\"; did you mean "
                "\"30s\"?"},
        Mistake{"wait 30S",
                "1:6: expected a duration such as 30s, found \"30S\"; did you mean \"30s\"?"},
        Mistake{"wait 25h", "1:6: expected a duration from 1ns to 24h, found \"25h\""},
        Mistake{"wait 0s", "1:6: expected a duration from 1ns to 24h, found \"0s\""},
        Mistake{"wait", "1:5: expected a duration such as 30s, found the end of the line"},
        Mistake{"fault send EMFILE once",
                "1:12: expected an outcome that \"send\" can have (short, EINTR, EAGAIN, "
                "ECONNRESET, EPIPE), found \"EMFILE\""},
        Mistake{"fault send EPIP once",
                "1:12: expected an outcome that \"send\" can have, found \"EPIP\"; did you mean "
                "\"EPIPE\"?"},
        Mistake{"fault shutdown EINTR once",
                "1:7: expected a call that can fail, or \"none\", found \"shutdown\"; it can be "
                "accept, recv, send, wait, epoll_ctl, none"},
        Mistake{"fault acept EMFILE once",
                "1:7: expected a call that can fail, or \"none\", found \"acept\"; did you mean "
                "\"accept\"?"},
        Mistake{"fault accept EMFILE",
                "1:20: expected how often it happens, found the end of the line; it can be after, "
                "once, times, always"},
        Mistake{"fault accept EMFILE twice",
                "1:21: expected how often it happens, found \"twice\"; it can be after, once, "
                "times, always"},
        Mistake{"fault accept EMFILE times 0",
                "1:27: expected a number of calls from 1 to 1000000, found \"0\""},
        Mistake{"fault accept EMFILE after 1",
                "1:28: expected how often it happens, found the end of the line; it can be once, "
                "times, always"},
        Mistake{"fault send short once",
                "1:18: expected a number of bytes from 1 to 67108864, found \"once\""},
        Mistake{"fault send short 0 once",
                "1:18: expected a number of bytes from 1 to 67108864, found \"0\""},
        Mistake{"fault send of a[1..2] short 1 once",
                "1:15: expected one client, found \"a[1..2]\""},
        Mistake{"fault accept emfile once",
                "1:14: expected an outcome that \"accept\" can have, found \"emfile\"; did you "
                "mean \"EMFILE\"?"},
        Mistake{"expect",
                "1:7: expected a client such as a, c[7] or c[1..200], found the end of the line"},
        Mistake{
            "expect a recieved 5",
            "1:10: expected a state of a client, found \"recieved\"; did you mean \"received\"?"},
        Mistake{"expect a received some",
                "1:19: expected a size such as 64KiB, a string or \"at least\", found \"some\""},
        Mistake{"expect a received at last 5",
                "1:22: expected \"least\", found \"last\"; did you mean \"least\"?"},
        Mistake{"expect server runing",
                "1:15: expected \"running\" or \"stopped\", found \"runing\"; did you mean "
                "\"running\"?"},
        Mistake{"expect client open",
                "1:8: expected a client such as a, c[7] or c[1..200], found \"client\""},
        Mistake{"a connect\ntarget echo",
                "2:1: expected headers before the first step, found \"target\""},
        Mistake{"target echo\ntarget echo\na connect",
                "2:1: expected each header once, found \"target\""},
        Mistake{"target http2\na connect",
                "1:8: expected a protocol, found \"http2\"; did you mean \"http\"?"},
        Mistake{"target ehco\na connect",
                "1:8: expected a protocol, found \"ehco\"; did you mean \"echo\"?"},
        Mistake{"rounds 0\na connect", "1:8: expected a number from 1 to 1000, found \"0\""},
        Mistake{"rounds 1001\na connect", "1:8: expected a number from 1 to 1000, found \"1001\""},
        Mistake{"rounds 2\nrounds 2\na connect",
                "2:1: expected each header once, found \"rounds\""},
        Mistake{"schedule 0\na connect", "1:10: expected a seed from 1 to 1000000000, found \"0\""},
        Mistake{"schedule 2\nschedule 2\na connect",
                "2:1: expected each header once, found \"schedule\""},
        Mistake{"target echo extra\na connect",
                "1:13: expected the end of the line, found \"extra\""},
        Mistake{
            "hello world",
            "1:1: expected a header, a step or an expectation, found \"hello\"; it can be a "
            "client, target, rounds, schedule, expect, and, at, each, server, limit, wait, fault"},
        Mistake{
            "\"a\" connect",
            "1:1: expected a header, a step or an expectation, found a string; it can be a "
            "client, target, rounds, schedule, expect, and, at, each, server, limit, wait, fault"},
        Mistake{"a \"connect\"",
                "1:3: expected an action of a client, found a string; it can be connect, send, "
                "request, shutdown, close, reset, vanish, read, buffer"},
        Mistake{
            "[a] connect",
            "1:1: expected a header, a step or an expectation, found \"[\"; it can be a "
            "client, target, rounds, schedule, expect, and, at, each, server, limit, wait, fault"},
        Mistake{std::string("a connect\nb con\000nect", 20),
                "2:6: expected text, found a NUL byte"},
        Mistake{"\377\376 connect",
                "1:1: expected a header, a step or an expectation, found \"\\xff\\xfe\"; it can be "
                "a client, target, rounds, schedule, expect, and, at, each, server, limit, wait, "
                "fault"},
        Mistake{"a cl\303\266se",
                "1:3: expected an action of a client, found \"cl\\xc3\\xb6se\"; did you mean "
                "\"close\"?"},
        Mistake{"a connect\015 b",
                "1:3: expected an action of a client, found \"connect\\r\"; did you mean "
                "\"connect\"?"}));

TEST(ParseErrorTest, KnowsItsPlace) {
  try {
    ParseScenario("a connect\n  a cloze\n", "a.scn");
    FAIL();
  } catch (const ParseError& error) {
    EXPECT_EQ(error.line(), 2);
    EXPECT_EQ(error.column(), 5);
  }
}

TEST(ParseErrorTest, LimitsOfAFile) {
  EXPECT_EQ(ErrorOf(std::string(kMaxScenarioFile + 1, '#')),
            "a.scn:1:1: expected a scenario of at most 4MiB, found 4194305 bytes");
  EXPECT_EQ(ErrorOf("a connect\n#" + std::string(1 << 20, 'x')),
            "a.scn:2:1: expected a line of at most 524288 bytes, found one of 1048577");
  std::string steps;
  for (size_t i = 0; i < kMaxSteps; ++i) steps += "a connect\n";
  EXPECT_EQ(ErrorOf(steps), "no error");
  EXPECT_EQ(ErrorOf(steps + "b connect\n"),
            "a.scn:10001:1: expected at most 10000 steps, found \"b\"");
}

TEST(ParseErrorTest, LimitsOfStrings) {
  const auto send = [](size_t size) { return "a send \"" + std::string(size, 'x') + "\"\n"; };
  EXPECT_EQ(ErrorOf(send(kMaxText)), "no error");
  EXPECT_EQ(ErrorOf(send(kMaxText + 1)),
            "a.scn:1:8: expected a string of at most 65536 bytes, found 65537");
  std::string most;
  for (size_t i = 0; i < kMaxAllText / kMaxText; ++i) most += send(kMaxText);
  EXPECT_EQ(ErrorOf(most), "no error");
  EXPECT_EQ(ErrorOf(most + send(1)),
            "a.scn:9:1: expected at most 512KiB of strings in all steps together, found 524289B");
}

// Long words are cut, and nothing that a terminal obeys gets through.
TEST(ParseErrorTest, WhatWasFoundIsHarmlessToPrint) {
  EXPECT_EQ(ErrorOf("\x1b]31m\x07"),
            "a.scn:1:1: expected a client such as a, c[7] or c[1..200], found \"\\x1b\"");
  EXPECT_EQ(
      ErrorOf("a " + std::string(1000, 'x')),
      "a.scn:1:3: expected an action of a client, found \"" + std::string(40, 'x') +
          "...\"; it can be connect, send, request, shutdown, close, reset, vanish, read, buffer");
}

}  // namespace
}  // namespace hupstorm
