// Reads lines of a server's log: which client a line names, and whose bytes it shows.

#ifndef HUPSTORM_SCENARIOS_WORLDS_SERVER_LOG_H_
#define HUPSTORM_SCENARIOS_WORLDS_SERVER_LOG_H_

#include <string>
#include <string_view>

#include "scenarios/oracles/ledger.h"

namespace hupstorm {

// The client whose address stands in `line`, as "127.0.0.1:40001" or as Python prints it,
// "('127.0.0.1', 40001)"; index into Ledger::clients, -1 for none. The last one, where there are
// several. `likely` is looked at first; -1 for nobody.
int ClientNamedIn(std::string_view line, const Ledger& ledger, int likely);

// Says in what way `line` mixes up clients, empty where it does not. `current` is the client that
// the server's last call was about; compared with the line only if `names_client`.
std::string ForeignLogLine(std::string_view line, const Ledger& ledger, bool names_client,
                           int current);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_SERVER_LOG_H_
