// What there is to say about each name that hupstorm knows: `hupstorm explain` prints it.

#ifndef HUPSTORM_TOOLS_CATALOGUE_PAGES_H_
#define HUPSTORM_TOOLS_CATALOGUE_PAGES_H_

#include <string>
#include <string_view>
#include <vector>

#include "kernel/faults/fault_rule.h"

namespace hupstorm {

// One line on a target.
std::string TargetTitle(std::string_view target);

// "accept/EMFILE"
std::string FaultName(const LegalFault& fault);

// Every name that PageOn has a page on.
std::vector<std::string> ExplainedNames();

// Throws UsageError, with the nearest name, for one that no oracle has.
void CheckOracleName(const std::string& name);

// The page on an oracle, a defect, a target, a protocol (or all: "protocols"), a fault
// ("accept/EMFILE", or "EMFILE" for all calls that may fail so) or a scenario of the suite.
// `program` is how the user called hupstorm, for the commands on the page. Throws UsageError, with
// the nearest name, for any other.
std::string PageOn(std::string_view name, const std::string& program);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CATALOGUE_PAGES_H_
