#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/tools/command.h"
#include "tools/catalogue/protocols.h"
#include "tools/cli/app_parts.h"
#include "tools/command_line.h"
#include "tools/commands/commands.h"
#include "tools/plan/run_options.h"
#include "tools/self/self.h"

namespace hupstorm {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> WithoutDescriptions(const std::string& text) {
  std::vector<std::string> words;
  for (const std::string& line : Lines(text)) words.push_back(line.substr(0, line.find('\t')));
  return words;
}

std::string Script(const std::string& shell) { return Hupstorm({"completion", shell}).out; }

// Runs a shell of this machine, without what its user has configured. It finds this hupstorm.
CommandResult RunShell(const std::string& shell, std::vector<std::string> arguments,
                       const std::string& folder) {
  const std::string path = std::filesystem::path(HUPSTORM_COMMAND).parent_path();
  setenv("PATH", (path + ":/usr/bin:/bin").c_str(), 1);
  CommandInput input;
  input.program = shell;
  input.folder = folder;
  return Hupstorm(arguments, input);
}

std::vector<CommandPart> Parts() {
  CommandLine line = {{}, {}, &AddSelf()};
  return PartsOf(*MakeApp(line));
}

// A folder with the script and a few files, and bash that completes in it.
class BashCompletionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    script_ = folder_.Write("script", Script("bash"));
    folder_.Write("files/my.scn", "");
    folder_.Write("files/with space.xml", "");
    folder_.Write("files/sub/in.xml", "");
  }

  // `words` as bash breaks them; the last is being completed.
  std::vector<std::string> Complete(const std::vector<std::string>& words) {
    std::string line;
    for (const std::string& word : words) line += " '" + word + "'";
    const std::string code = "source " + script_ + "; COMP_WORDS=(" + line +
                             "); COMP_CWORD=" + std::to_string(words.size() - 1) +
                             "; _hupstorm; printf '%s\\n' \"${COMPREPLY[@]}\"";
    const CommandResult result =
        RunShell("/bin/bash", {"--norc", "-c", code}, folder_.path() + "/files");
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(result.exit_code, 0);
    return Lines(result.out);
  }

 private:
  TemporaryFolder folder_;
  std::string script_;
};

TEST_F(BashCompletionTest, CommandsBeginTheLine) {
  EXPECT_THAT(Complete({"hupstorm", "ga"}), ElementsAre("gate"));
  EXPECT_THAT(Complete({"hupstorm", "s"}), UnorderedElementsAre("serve", "shrink", "sweep"));
  EXPECT_THAT(Complete({"hupstorm", ""}), AllOf(Contains("run"), Contains("help")));
  EXPECT_THAT(Complete({"hupstorm", "--v"}), ElementsAre("--version"));
  EXPECT_THAT(Complete({"hupstorm", "help", "mat"}), ElementsAre("matrix"));
}

TEST_F(BashCompletionTest, ACommandHasItsOwnOptions) {
  EXPECT_THAT(Complete({"hupstorm", "gate", "--sa"}), ElementsAre("--sarif"));
  EXPECT_THAT(Complete({"hupstorm", "run", "--sarif"}), IsEmpty());
  EXPECT_THAT(Complete({"hupstorm", "matrix", ""}), Contains("--world"));
  EXPECT_THAT(Complete({"hupstorm", "shrink", "a", "-"}), AllOf(Contains("-o"), Contains("--out")));
}

TEST_F(BashCompletionTest, AFixedSetIsOffered) {
  EXPECT_THAT(Complete({"hupstorm", "fuzz", "--engine", ""}),
              UnorderedElementsAre("libfuzzer", "afl"));
  EXPECT_THAT(Complete({"hupstorm", "fuzz", "--mutator", "b"}), ElementsAre("bytes"));
  EXPECT_THAT(Complete({"hupstorm", "run", "--world", "l"}), ElementsAre("loopback"));
  EXPECT_THAT(Complete({"hupstorm", "completion", ""}),
              UnorderedElementsAre("bash", "zsh", "fish"));
  EXPECT_THAT(Complete({"hupstorm", "list", "ta"}), ElementsAre("targets"));
}

TEST_F(BashCompletionTest, TargetsAreNamesWithASlash) {
  EXPECT_THAT(Complete({"hupstorm", "serve", "--target", "reference/epoll"}),
              UnorderedElementsAre("reference/epoll-et", "reference/epoll-lt"));
}

TEST_F(BashCompletionTest, AListGoesOnAfterItsComma) {
  EXPECT_THAT(Complete({"hupstorm", "run", "--target", "reference/poll,doc001/s"}),
              ElementsAre("reference/poll,doc001/select"));
  EXPECT_THAT(Complete({"hupstorm", "run", "--target", "reference/poll,reference/p"}), IsEmpty());
  EXPECT_THAT(Complete({"hupstorm", "serve", "--target", "reference/poll,doc001/s"}), IsEmpty());
}

// Bash breaks "--target=doc001/p" at "=", and wants only what follows it.
TEST_F(BashCompletionTest, AValueAfterAnEqualsSignIsCompleted) {
  EXPECT_THAT(Complete({"hupstorm", "run", "--target", "=", "doc001/p"}),
              ElementsAre("doc001/poll"));
  EXPECT_THAT(Complete({"hupstorm", "fuzz", "--engine", "="}),
              UnorderedElementsAre("libfuzzer", "afl"));
  EXPECT_THAT(Complete({"hupstorm", "run", "--mend", "all-but", "=", "fin-ig"}),
              ElementsAre("fin-ignored"));
  EXPECT_THAT(Complete({"hupstorm", "run", "--target", "=", "doc001/poll", "--mend", "=", "all-"}),
              ElementsAre("all-but="));
}

TEST_F(BashCompletionTest, AProtocolMayGoOnWithAFile) {
  EXPECT_THAT(Complete({"hupstorm", "run", "--protocol", "e"}),
              UnorderedElementsAre("echo", "expect:"));
  EXPECT_THAT(Complete({"hupstorm", "run", "--protocol", "expect", ":", "my"}),
              ElementsAre("my.scn"));
}

TEST_F(BashCompletionTest, AFileIsOfferedWhereOneIsWanted) {
  EXPECT_THAT(Complete({"hupstorm", "gate", "--junit", ""}),
              UnorderedElementsAre("my.scn", "with space.xml", "sub"));
  EXPECT_THAT(Complete({"hupstorm", "gate", "--out", ""}), ElementsAre("sub"));
  EXPECT_THAT(Complete({"hupstorm", "shrink", "-o", "m"}), ElementsAre("my.scn"));
}

TEST_F(BashCompletionTest, ScenariosAreOfTheSuiteOrFiles) {
  EXPECT_THAT(Complete({"hupstorm", "run", "half-close/echo-d"}),
              ElementsAre("half-close/echo-drains"));
  EXPECT_THAT(Complete({"hupstorm", "run", "reset", "half-clos"}), Contains("half-close"));
  EXPECT_THAT(Complete({"hupstorm", "run", "--target", "canary", "my"}), ElementsAre("my.scn"));
  EXPECT_THAT(Complete({"hupstorm", "replay", "half-clos"}), Not(Contains("half-close")));
}

TEST_F(BashCompletionTest, ExplainTakesEachName) {
  EXPECT_THAT(Complete({"hupstorm", "explain", "close-wait"}), ElementsAre("close-wait-leak"));
  EXPECT_THAT(Complete({"hupstorm", "explain", "accept/EMF"}), ElementsAre("accept/EMFILE"));
  EXPECT_THAT(Complete({"hupstorm", "explain", "accept/EMFILE", ""}), Each(StartsWith("-")));
}

TEST_F(BashCompletionTest, NothingIsOfferedForANumber) {
  EXPECT_THAT(Complete({"hupstorm", "run", "--jobs", ""}), IsEmpty());
  EXPECT_THAT(Complete({"hupstorm", "run", "--jobs", "-"}), IsEmpty());
}

// What the scripts call back: the lines for the last of the words, without descriptions.
std::vector<std::string> CallBack(std::vector<std::string> words) {
  words.insert(words.begin(), {"complete", "--"});
  const CommandResult result = Hupstorm(words);
  EXPECT_EQ(result.exit_code, 0) << words[2] << ": " << result.err;
  return WithoutDescriptions(result.out);
}

TEST(CompletionTest, EachValueOfAnOptionIsKnown) {
  const std::vector<CommandPart> parts = Parts();
  for (size_t i = 1; i < parts.size(); ++i) {
    for (const OptionPart& option : parts[i].options) {
      if (option.takes_value) CallBack({parts[i].name, option.names.back(), ""});
    }
    std::vector<std::string> words = {parts[i].name};
    for (size_t place = 0; place < parts[i].positionals.size(); ++place) {
      words.push_back("");
      CallBack(words);
    }
  }
}

TEST(CompletionTest, TheWordsOfAFixedSetAreWordsThatTheOptionTakes) {
  const std::vector<std::string> worlds = CallBack({"run", "--world", ""});
  EXPECT_THAT(worlds, Not(IsEmpty()));
  for (const std::string& word : worlds) EXPECT_NO_THROW(MakerOf(word));
  std::vector<std::string> protocols;
  for (const ProtocolPage& page : ProtocolPages()) protocols.emplace_back(page.name);
  std::replace(protocols.begin(), protocols.end(), std::string("expect"), std::string("expect:"));
  EXPECT_THAT(CallBack({"run", "--protocol", ""}), ::testing::UnorderedElementsAreArray(protocols));
}

TEST(CompletionTest, EachOptionOfEachCommandIsOffered) {
  const std::vector<CommandPart> parts = Parts();
  ASSERT_GE(parts.size(), 15u);
  const std::vector<std::string> commands = CallBack({""});
  for (size_t i = 1; i < parts.size(); ++i) {
    EXPECT_THAT(commands, Contains(parts[i].name));
    std::vector<std::string> names;
    for (const OptionPart& option : parts[i].options) {
      names.insert(names.end(), option.names.begin(), option.names.end());
    }
    EXPECT_EQ(CallBack({parts[i].name, "-"}), names);
  }
}

TEST(CompletionTest, TheScriptIsForTheNameThatTheExecutableHas) {
  TemporaryFolder folder;
  const std::string link = folder.path() + "/with-my-server";
  std::filesystem::create_symlink(HUPSTORM_COMMAND, link);
  const auto script = [&](const std::string& shell) {
    return RunShell("/bin/sh", {"-c", link + " completion " + shell}, "").out;
  };
  EXPECT_THAT(script("bash"), HasSubstr("complete -F _hupstorm with-my-server\n"));
  EXPECT_THAT(script("zsh"), AllOf(StartsWith("#compdef with-my-server\n"),
                                   HasSubstr("compdef _hupstorm with-my-server\n")));
  EXPECT_THAT(script("fish"), HasSubstr("complete -c with-my-server "));
}

TEST(CompletionTest, AnUnknownShellIsAnError) {
  const CommandResult result = Hupstorm({"completion", "fich"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("did you mean \"fish\"? There are: bash, zsh, fish"));
}

class FishCompletionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists("/usr/bin/fish")) GTEST_SKIP() << "there is no fish";
    folder_.Write("script", Script("fish"));
    folder_.Write("my.scn", "");
    folder_.Write("sub/in.scn", "");
  }

  // Without the descriptions.
  std::vector<std::string> Complete(const std::string& line) {
    const std::string code = "source script; complete -C '" + line + "'";
    const std::string home = "set -x HOME " + folder_.path() + ";";
    const CommandResult result =
        RunShell("/usr/bin/fish", {"--no-config", "-c", home + code}, folder_.path());
    EXPECT_EQ(result.err, "");
    return WithoutDescriptions(result.out);
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(FishCompletionTest, CommandsOptionsAndValuesAreOffered) {
  EXPECT_THAT(Complete("hupstorm ga"), ElementsAre("gate"));
  EXPECT_THAT(Complete("hupstorm gate --sa"), ElementsAre("--sarif"));
  EXPECT_THAT(Complete("hupstorm run --sarif"), IsEmpty());
  EXPECT_THAT(Complete("hupstorm fuzz --engine "), UnorderedElementsAre("libfuzzer", "afl"));
  EXPECT_THAT(Complete("hupstorm help mat"), ElementsAre("matrix"));
  EXPECT_THAT(Complete("hupstorm explain accept/EMF"), ElementsAre("accept/EMFILE"));
}

TEST_F(FishCompletionTest, AListGoesOnAfterItsComma) {
  EXPECT_THAT(Complete("hupstorm run --target reference/poll,doc001/s"),
              ElementsAre("reference/poll,doc001/select"));
  EXPECT_THAT(Complete("hupstorm run --target=reference/poll,doc001/s"),
              ElementsAre("--target=reference/poll,doc001/select"));
  EXPECT_THAT(Complete("hupstorm run --mend all-but=fin-ig"), ElementsAre("all-but=fin-ignored"));
}

TEST_F(FishCompletionTest, AFileIsOfferedWhereOneIsWanted) {
  EXPECT_THAT(Complete("hupstorm gate --junit my"), ElementsAre("my.scn"));
  EXPECT_THAT(Complete("hupstorm gate --out "), ElementsAre("sub/"));
  EXPECT_THAT(Complete("hupstorm run my"), ElementsAre("my.scn"));
  EXPECT_THAT(Complete("hupstorm run --protocol expect:my"), ElementsAre("expect:my.scn"));
  EXPECT_THAT(Complete("hupstorm list my"), IsEmpty());
}

// Zsh completes at a terminal only, which zpty gives it.
TEST(ZshCompletionTest, TheLineIsCompleted) {
  if (!std::filesystem::exists("/usr/bin/zsh")) GTEST_SKIP() << "there is no zsh";
  if (!HasTerminals()) GTEST_SKIP() << "there are no pseudo-terminals";
  TemporaryFolder folder;
  folder.Write("script", Script("zsh"));
  folder.Write("my-own.scn", "");
  folder.Write("drive", R"(zmodload zsh/zpty
zpty shell "TERM=dumb /usr/bin/zsh -f"
said() { local part all; while zpty -r shell part "$1"; do print -r -- "$part"; return; done }
zpty -w shell "PS1=; autoload -U compinit; compinit -u -d dump; source ./script; setopt no_beep; done_() { print -r -- \"<\$BUFFER>\"; BUFFER=; zle accept-line; }; zle -N done_; bindkey '^X' done_; print rea''dy"
said '*ready*' >/dev/null
for line in "$@"; do
  zpty -w -n shell "$line"$'\t\C-x'
  said '*<*>*'
done
zpty -d shell
)");
  const CommandResult result =
      RunShell("/usr/bin/zsh",
               {"-f", "drive", "hupstorm ga", "hupstorm gate --sa", "hupstorm fuzz --engine a",
                "hupstorm run --target reference/poll,doc001/s", "hupstorm run --target=doc001/p",
                "hupstorm run --mend all-but=fin-ig", "hupstorm run half-close/echo-d",
                "hupstorm run my-o", "hupstorm run --protocol expect:my", "hupstorm gate --junit m",
                "hupstorm explain accept/EMF", "hupstorm help mat"},
               folder.path());
  for (const char* line :
       {"<hupstorm gate >", "<hupstorm gate --sarif", "<hupstorm fuzz --engine afl >",
        "<hupstorm run --target reference/poll,doc001/select", "<hupstorm run --target=doc001/poll",
        "<hupstorm run --mend all-but=fin-ignored", "<hupstorm run half-close/echo-drains ",
        "<hupstorm run my-own.scn ", "<hupstorm run --protocol expect:my-own.scn",
        "<hupstorm gate --junit my-own.scn ", "<hupstorm explain accept/EMFILE ",
        "<hupstorm help matrix "}) {
    EXPECT_THAT(result.out, HasSubstr(line));
  }
  EXPECT_EQ(result.err, "");
}

TEST(CompletionTest, TheShellsFindNoFaultWithTheirScripts) {
  TemporaryFolder folder;
  for (const std::string shell : {"/bin/bash", "/usr/bin/zsh", "/usr/bin/fish"}) {
    if (!std::filesystem::exists(shell)) continue;
    const std::string name = std::filesystem::path(shell).filename();
    const std::string script = folder.Write(name, Script(name));
    const CommandResult result = RunShell(shell, {"-n", script}, folder.path());
    EXPECT_EQ(result.exit_code, 0) << shell;
    EXPECT_EQ(result.err, "") << shell;
  }
}

}  // namespace
}  // namespace hupstorm
