// What is the server's own, and what a library's: by its path and its name.

#ifndef HUPSTORM_KERNEL_STACKS_OWN_CODE_H_
#define HUPSTORM_KERNEL_STACKS_OWN_CODE_H_

#include <string>
#include <string_view>

namespace hupstorm {

// A file with code that `program` runs. A library of the system's is not the server's own, unless
// the server lives among them.
bool IsOwnModule(const std::string& module, const std::string& program);
// A function of a library of which only headers are there, or that is in each program. `file`: of
// its source; both may be empty.
bool IsLibrarySource(std::string_view file, std::string_view signature);
// A script that came with an interpreter, or was installed for it.
bool IsLibraryScript(std::string_view file);
// What a wrapper of a call may call beside it: what says why the call failed. `callee` is a symbol.
bool IsForErrors(std::string_view callee);

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_STACKS_OWN_CODE_H_
