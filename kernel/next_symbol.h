// What a function of ours stands before.

#ifndef HUPSTORM_KERNEL_NEXT_SYMBOL_H_
#define HUPSTORM_KERNEL_NEXT_SYMBOL_H_

#include <dlfcn.h>

namespace hupstorm {

// The next definition of `name` after this library's or executable's: mostly libc's. `version`: of
// glibc's symbol, if it has several of that name. Null if there is none.
template <typename Function>
Function* NextOf(const char* name, const char* version = nullptr) {
  void* address = version == nullptr ? nullptr : dlvsym(RTLD_NEXT, name, version);
  if (address == nullptr) address = dlsym(RTLD_NEXT, name);
  return reinterpret_cast<Function*>(address);
}

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_NEXT_SYMBOL_H_
