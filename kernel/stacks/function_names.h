// Names of functions as people read them.

#ifndef HUPSTORM_KERNEL_STACKS_FUNCTION_NAMES_H_
#define HUPSTORM_KERNEL_STACKS_FUNCTION_NAMES_H_

#include <string>
#include <string_view>

namespace hupstorm {

// "Connection::Flush(int) const" for "_ZNK10Connection5FlushEi"; of Rust's names the path without
// its hash. Other names, C's, as they are. Without what compilers add to parts and copies of
// functions
// (".cold", ".constprop.0").
std::string Demangled(std::string_view symbol);
// The same without parameters, what is returned, and qualifiers: "Connection::Flush".
std::string WithoutParameters(std::string_view signature);

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_STACKS_FUNCTION_NAMES_H_
