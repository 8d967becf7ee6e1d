#include "kernel/stacks/function_names.h"

#include <gtest/gtest.h>

#include "kernel/stacks/place.h"

namespace hupstorm {
namespace {

TEST(FunctionNamesTest, ANameIsThatOfTheSourceWithoutTheCompilersParts) {
  EXPECT_EQ(Demangled("flush"), "flush");
  EXPECT_EQ(Demangled("flush.constprop.0"), "flush");
  EXPECT_EQ(Demangled("_ZNK10Connection5FlushEi"), "Connection::Flush(int) const");
  EXPECT_EQ(Demangled("_ZNK10Connection5FlushEi.cold"), "Connection::Flush(int) const");
  EXPECT_EQ(Demangled("_ZN4echo6handle17h0123456789abcdefE"), "echo::handle");
  EXPECT_EQ(Demangled("_ZN59_$LT$std..net..tcp..TcpStream$u20$as$u20$std..io..Write$GT$5write17h01"
                      "23456789abcdefE"),
            "<std::net::tcp::TcpStream as std::io::Write>::write");
}

TEST(FunctionNamesTest, WithoutParametersTheNameAloneIsLeft) {
  EXPECT_EQ(WithoutParameters("Connection::Flush(int) const"), "Connection::Flush");
  EXPECT_EQ(WithoutParameters("flush"), "flush");
  EXPECT_EQ(WithoutParameters("(anonymous namespace)::Now()"), "(anonymous namespace)::Now");
  EXPECT_EQ(WithoutParameters("(anonymous namespace)::Now"), "(anonymous namespace)::Now");
  EXPECT_EQ(WithoutParameters("void Send<int>(int, char (*)(int))"), "Send<int>");
  EXPECT_EQ(WithoutParameters("Serve()::{lambda(int)#1}::operator()(int) const"),
            "Serve()::{lambda(int)#1}::operator()");
  EXPECT_EQ(WithoutParameters("<std::net::tcp::TcpStream as std::io::Write>::write"),
            "<std::net::tcp::TcpStream as std::io::Write>::write");
}

TEST(PlaceTest, NothingIsKnownWithoutAStack) {
  PlaceFinder finder;
  const Place place = finder.Find({});
  EXPECT_FALSE(place);
  EXPECT_EQ(place.site, "");
  EXPECT_EQ(place.Hint(), "");
}

TEST(PlaceTest, AFileThatIsNotThereOrIsNoneTellsTheOffsetAlone) {
  PlaceFinder finder;
  for (const char* const file : {"/nowhere/server", "/etc/passwd"}) {
    CallStack stack;
    stack.callee = "send";
    stack.program = file;
    stack.frames = {{.module = file, .offset = 0x1234}};
    const Place place = finder.Find(stack);
    EXPECT_EQ(place.line, 0);
    EXPECT_EQ(place.site, std::string(file).substr(std::string(file).rfind('/') + 1) + "+0x1234");
    EXPECT_NE(place.Hint(), "");
  }
}

TEST(PlaceTest, OfAScriptTheFirstFrameOutsideOfTheLanguagesLibrariesIsTaken) {
  PlaceFinder finder;
  CallStack stack;
  stack.callee = "send";
  stack.script = {{"/usr/lib/python3.11/asyncio/selector_events.py", "write", 1080},
                  {"/home/me/echo.py", "on_data", 12},
                  {"/home/me/echo.py", "main", 30}};
  const Place place = finder.Find(stack);
  EXPECT_EQ(place.file, "/home/me/echo.py");
  EXPECT_EQ(place.line, 12);
  EXPECT_EQ(place.call, "write");
  EXPECT_EQ(place.site, "echo.py:on_data:12");
  EXPECT_EQ(place.stack.size(), 3u);
}

}  // namespace
}  // namespace hupstorm
