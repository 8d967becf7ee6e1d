// How a process that ran a server ended, in words.

#ifndef HUPSTORM_SCENARIOS_WORLDS_LAST_WORDS_H_
#define HUPSTORM_SCENARIOS_WORLDS_LAST_WORDS_H_

#include <string>
#include <string_view>

namespace hupstorm {

// `status`: from waitpid. "killed by SIGSEGV (Segmentation fault)", "it called exit(1)".
std::string EndOfProcess(int status);

// Of what a dying process wrote, the line that says why: a sanitizer's summary (it names the kind
// of error, the file and the function, and no address), else a sanitizer's or the C++ runtime's
// complaint, else the last line. At most 300 bytes; empty if it wrote nothing.
std::string_view ReasonIn(std::string_view output);

// Both, of a process whose status is not known here: `how` it ended, as EndOfProcess says.
std::string LastWords(std::string_view how, std::string_view output);

// Both: "killed by SIGABRT (Aborted): what(): ...".
std::string LastWords(int status, std::string_view output);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_LAST_WORDS_H_
