#include "kernel/stacks/own_code.h"

#include <algorithm>
#include <initializer_list>

namespace hupstorm {
namespace {

bool StartsWithAny(std::string_view text, std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view beginning) { return text.starts_with(beginning); });
}

std::string_view FolderOf(std::string_view path) {
  return path.substr(0, std::min(path.rfind('/'), path.size()));
}

}  // namespace

bool IsOwnModule(const std::string& module, const std::string& program) {
  if (module == program) return true;
  if (module.empty() || module.find('/') == std::string::npos) return false;
  if (!StartsWithAny(module, {"/lib/", "/lib32/", "/lib64/", "/usr/lib/", "/usr/lib32/",
                              "/usr/lib64/", "/usr/libexec/", "/usr/local/lib/"})) {
    return true;
  }
  return FolderOf(module) == FolderOf(program);
}

bool IsLibrarySource(std::string_view file, std::string_view signature) {
  if (StartsWithAny(file, {"/usr/include/", "/usr/lib/", "/usr/local/include/", "/rustc/"}) ||
      file.find("/rustlib/src/") != std::string_view::npos) {
    return true;
  }
  return StartsWithAny(
      signature, {"std::", "__gnu_cxx::", "core::", "alloc::", "<std::", "<core::", "<alloc::",
                  "<&std::", "__rust_", "__libc_", "_start", "operator new"});
}

bool IsLibraryScript(std::string_view file) {
  constexpr std::string_view kFolder = "/lib/python";
  return StartsWithAny(file, {"<frozen", "/usr/lib/python"}) ||
         file.find(kFolder) != std::string_view::npos ||
         file.find("/site-packages/") != std::string_view::npos ||
         file.find("/dist-packages/") != std::string_view::npos;
}

bool IsForErrors(std::string_view callee) {
  return StartsWithAny(callee, {"__errno_location", "__cxa_", "_Unwind_Resume", "__stack_chk_fail",
                                "__clang_call_terminate", "_ZSt9terminate", "_ZNSaIc"}) ||
         callee.find("error") != std::string_view::npos ||
         callee.find("category") != std::string_view::npos ||
         (callee.find("basic_string") != std::string_view::npos &&
          (callee.find("EEC") != std::string_view::npos ||
           callee.find("EED") != std::string_view::npos));
}

}  // namespace hupstorm
