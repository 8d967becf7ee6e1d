#include "tools/cli/man_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "tests/tools/command.h"
#include "tools/cli/app_parts.h"
#include "tools/command_line.h"
#include "tools/self/self.h"

namespace hupstorm {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Through a shell, since groff goes by its own name.
CommandResult Format(const std::string& command, const std::string& file) {
  CommandInput input;
  input.program = "/bin/sh";
  return Hupstorm({"-c", command + " \"$1\"", "sh", file}, input);
}

// An App of one command, whose texts hold all that roff takes for its own.
std::string PageWith(const std::string& description, const std::string& footer) {
  CLI::App app("A program", "prog");
  CLI::App* command = app.add_subcommand("do", "Do it");
  command->footer(footer);
  command->add_flag("--flag", description);
  return MakeManPages(app, "1.0").back().roff;
}

TEST(ManPageTest, EachOptionOfEachCommandIsOnItsPage) {
  CommandLine line = {{}, {}, &AddSelf()};
  const std::vector<CommandPart> parts = PartsOf(*MakeApp(line));
  const std::string overview = Hupstorm({"man"}).out;
  ASSERT_GE(parts.size(), 15u);
  for (size_t i = 1; i < parts.size(); ++i) {
    EXPECT_THAT(overview, HasSubstr(".TP\n.BR " + RoffText("hupstorm-" + parts[i].name) + " (1)\n" +
                                    RoffText(parts[i].description)));
    const std::string page = Hupstorm({"man", parts[i].name}).out;
    for (const OptionPart& option : parts[i].options) {
      for (const std::string& name : option.names) {
        EXPECT_THAT(page, HasSubstr("\\fB" + RoffText(name) + "\\fR")) << parts[i].name;
      }
      EXPECT_THAT(page, HasSubstr("\n" + RoffText(option.description) + "\n"));
    }
    for (const OptionPart& positional : parts[i].positionals) {
      EXPECT_THAT(page, HasSubstr(".TP\n\\fI" + RoffText(positional.type) + "\\fR\n" +
                                  RoffText(positional.description)));
    }
  }
}

TEST(ManPageTest, WhatRoffTakesForItsOwnIsEscaped) {
  EXPECT_EQ(RoffText(R"(printf 'a\n' --x ~ ^ `)"), R"(printf \(aqa\en\(aq \-\-x \(ti \(ha \(ga)");
  const std::string page = PageWith(".so /etc/passwd", "\n.dots begin this\n'quotes this");
  EXPECT_THAT(page, AllOf(HasSubstr("\n\\&.so"), HasSubstr("\n\\&.dots"), HasSubstr("\n\\(aqq")));
}

TEST(ManPageTest, TheBlocksOfAFooterBecomeSections) {
  const std::string page = PageWith("x", R"(
Some words.

Examples:
  prog do it          with a remark

--json prints {"a","b",
"c":[]}.

Exit codes: 0 all is well, 2 nothing, or
little, is.)");
  EXPECT_THAT(page, HasSubstr(".PP\nSome words.\n"));
  EXPECT_THAT(page, HasSubstr(".SH EXAMPLES\n.EX\n# with a remark\nprog do it\n.EE\n"));
  EXPECT_THAT(page, HasSubstr(".SH JSON\n\\-\\-json prints {\"a\",\\:\"b\",\\:\"c\":[]}.\n"));
  EXPECT_THAT(page, HasSubstr(".SH EXIT STATUS\n.TP\n\\fB0\\fR\nall is well\n.TP\n\\fB2\\fR\n"
                              "nothing, or little, is\n"));
}

TEST(ManPageTest, AllPagesAreWrittenToAFolder) {
  TemporaryFolder folder;
  const std::string out = folder.path() + "/man/man1";
  EXPECT_EQ(Hupstorm({"man", "--out", out}).exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(out + "/hupstorm.1"));
  EXPECT_TRUE(std::filesystem::exists(out + "/hupstorm-gate.1"));
  const std::string file = folder.Write("file", "");
  const CommandResult result = Hupstorm({"man", "--out", file});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("file"));
}

TEST(ManPageTest, AnUnknownCommandIsAnError) {
  const CommandResult result = Hupstorm({"man", "gat"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("unknown command \"gat\"; did you mean \"gate\"?"));
}

class FormattedManPageTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(Hupstorm({"man", "--out", folder_.path()}).exit_code, 0); }

  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      files.push_back(entry.path());
    }
    return files;
  }

  TemporaryFolder folder_;
};

TEST_F(FormattedManPageTest, GroffWarnsOfNothing) {
  if (!std::filesystem::exists("/usr/bin/groff")) GTEST_SKIP() << "there is no groff";
  for (const std::string& file : Files()) {
    const CommandResult result = Format("groff -man -ww -z -Tutf8", file);
    EXPECT_EQ(result.err, "") << file;
    EXPECT_EQ(result.exit_code, 0) << file;
  }
}

TEST_F(FormattedManPageTest, NothingIsWiderThanATerminal) {
  if (!std::filesystem::exists("/usr/bin/groff")) GTEST_SKIP() << "there is no groff";
  for (const std::string& file : Files()) {
    const std::string text = Format("groff -man -Tascii -P-cbou -rLL=80n", file).out;
    EXPECT_THAT(text, HasSubstr("NAME"));
    EXPECT_THAT(text, Not(::testing::ContainsRegex("[^\n]{81}"))) << file;
  }
}

TEST_F(FormattedManPageTest, MandocFindsNoError) {
  if (!std::filesystem::exists("/usr/bin/mandoc")) GTEST_SKIP() << "there is no mandoc";
  for (const std::string& file : Files()) {
    EXPECT_EQ(Format("mandoc -Tlint -Werror", file).out, "") << file;
  }
}

}  // namespace
}  // namespace hupstorm
