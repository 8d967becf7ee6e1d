// Manual pages, in man(7), of all that --help says: one for hupstorm, and one for each command.

#ifndef HUPSTORM_TOOLS_CLI_MAN_PAGE_H_
#define HUPSTORM_TOOLS_CLI_MAN_PAGE_H_

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace hupstorm {

struct ManPage {
  std::string name;  // "hupstorm", "hupstorm-run"; all are in section 1
  std::string roff;
};

// The overview first. Footers are understood block by block (blank lines end one): a block that
// begins with "Examples:", "--json prints" or "Exit codes:" gets a section of its own, the others
// are paragraphs of the description. A command that says nothing of exit codes has the App's.
std::vector<ManPage> MakeManPages(const CLI::App& app, std::string_view version);

// `text` as roff shows it, character by character, wherever in a line it stands.
std::string RoffText(std::string_view text);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CLI_MAN_PAGE_H_
