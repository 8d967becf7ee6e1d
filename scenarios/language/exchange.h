// The text that `--protocol expect:FILE` names, to an Exchange. The grammar is in README.md beside
// this file.

#ifndef HUPSTORM_SCENARIOS_LANGUAGE_EXCHANGE_H_
#define HUPSTORM_SCENARIOS_LANGUAGE_EXCHANGE_H_

#include <string>
#include <string_view>

#include "scenarios/language/parse.h"
#include "target/target.h"

namespace hupstorm {

inline constexpr size_t kMaxRequest = 64 << 10;  // bytes
inline constexpr size_t kMaxResponse =
    512 << 10;  // bytes of a response's strings together, or a greeting's

// `file` is named in errors. Throws ParseError, for text that holds a NUL byte too.
Exchange ParseExchange(std::string_view text, const std::string& file);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_LANGUAGE_EXCHANGE_H_
