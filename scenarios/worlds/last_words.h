// How a process that ran a server ended, in words.

#ifndef HUPSTORM_SCENARIOS_WORLDS_LAST_WORDS_H_
#define HUPSTORM_SCENARIOS_WORLDS_LAST_WORDS_H_

#include <string>
#include <string_view>

namespace hupstorm {

// `status`: from waitpid. "killed by SIGSEGV (Segmentation fault)", "it called exit(1)".
std::string EndOfProcess(int status);

// By a signal that tells of a fault of its code: SIGSEGV, SIGBUS, SIGILL, SIGFPE.
bool IsFault(int status);

// The status of a process that a signal has killed, for one of a shell that had to tell so by an
// exit code of 128 and the signal's number (sh(1)). Any other status as it is: exit codes that
// programs choose by themselves, such as a Java VM's 143 after SIGTERM, among them.
int StatusBehindShell(int status);

// Of what a dying process wrote, the line that says why: a sanitizer's summary (it names the kind
// of error, the file and the function, and no address), else a sanitizer's or a language runtime's
// complaint, else the last line that is no part of a stack, and no word of a shell's about a signal
// ("Aborted"). At most 300 bytes; empty if there is none.
std::string_view ReasonIn(std::string_view output);

// The output without the lines at its end in which a shell tells of a signal: nobody who looks at a
// server's output has a use for "Terminated".
std::string_view WithoutShellsWords(std::string_view output);

// Both, of a process whose status is not known here: `how` it ended, as EndOfProcess says.
std::string LastWords(std::string_view how, std::string_view output);

// Both: "killed by SIGABRT (Aborted): what(): ...".
std::string LastWords(int status, std::string_view output);

// The same for a command of a shell, which wrote `errors` to standard error and `output` to
// standard output. The latter is asked only if there is no other reason, and not for what clients
// have sent.
std::string LastWordsOfCommand(int status, std::string_view errors, std::string_view output);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_LAST_WORDS_H_
