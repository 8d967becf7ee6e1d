// What a program that is not ours can be said to speak: --protocol.

#ifndef HUPSTORM_TOOLS_CATALOGUE_PROTOCOLS_H_
#define HUPSTORM_TOOLS_CATALOGUE_PROTOCOLS_H_

#include <memory>
#include <span>
#include <string_view>

#include "target/target.h"

namespace hupstorm {

struct ProtocolPage {
  std::string_view name;   // "echo", "expect": a word of --protocol
  std::string_view title;  // one line
  std::string_view page;   // for `hupstorm explain`
};
std::span<const ProtocolPage> ProtocolPages();

// Goes into the members of a third-party Target that have these names.
struct SpokenProtocol {
  Protocol protocol = Protocol::kEcho;
  std::shared_ptr<const Exchange> exchange;  // kExpect, else null
};

// `text`: "echo", "ack", "http", "none" or "expect:FILE". Throws UsageError for another word, with
// the nearest that there is, and for a file that cannot be read; ParseError for a mistake in it.
SpokenProtocol ParseProtocol(std::string_view text);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CATALOGUE_PROTOCOLS_H_
