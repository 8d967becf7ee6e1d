#include "kernel/stacks/stack_walk.h"

#include <dlfcn.h>
#include <link.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <string_view>

#include "kernel/host_kernel.h"
#include "kernel/stacks/script_frames.h"

namespace hupstorm {
namespace {

// The file that has the code at `address`; null for none. Without a lock, as the dynamic linker's
// own lists are for unwinders.
const link_map* ModuleOf(uintptr_t address) {
  dl_find_object found = {};
  return _dl_find_object(reinterpret_cast<void*>(address), &found) == 0 ? found.dlfo_link_map
                                                                        : nullptr;
}

// What a walk comes upon where unwinding is described wrongly may not be there to be read: then it
// ends with what it has. One thread at a time has this protection; others go without.
struct Guard {
  std::atomic<bool> taken{false};
  struct sigaction former[2] = {};
};
constinit Guard guard;
constexpr int kGuarded[] = {SIGSEGV, SIGBUS};
[[gnu::tls_model("initial-exec")]] thread_local constinit sigjmp_buf* way_out = nullptr;

void SetAction(int signal, const struct sigaction* action, struct sigaction* former) {
  HostKernel host;
  Invoke<Call::kSigaction>(host, signal, action, former);
}

void LeaveWalk(int signal) {
  if (way_out != nullptr) siglongjmp(*way_out, 1);
  // Another thread's fault, which is raised again.
  SetAction(signal, &guard.former[signal == SIGSEGV ? 0 : 1], nullptr);
}

template <typename Body>
void Guarded(Body&& body) {
  if (guard.taken.exchange(true)) return body();
  for (size_t i = 0; i < std::size(kGuarded); ++i) {
    struct sigaction action {};
    action.sa_handler = LeaveWalk;
    action.sa_flags = SA_NODEFER | SA_ONSTACK;
    SetAction(kGuarded[i], &action, &guard.former[i]);
  }
  sigjmp_buf here;
  if (sigsetjmp(here, 1) == 0) {
    way_out = &here;
    body();
  }
  way_out = nullptr;
  for (size_t i = 0; i < std::size(kGuarded); ++i)
    SetAction(kGuarded[i], &guard.former[i], nullptr);
  guard.taken = false;
}

struct Walk {
  explicit Walk(StackWalk& taken) : stack(taken) {
    stack.Clear();
    // No room for it here: a handler of faults may have a stack of two pages.
    char* const room = stack.text.data() + stack.text_size;
    const size_t most = stack.text.size() / 2;
    const long size = syscall(SYS_readlink, "/proc/self/exe", room, most);
    if (size > 0) stack.program = Keep({room, static_cast<size_t>(size)});
  }

  // 0 if there is no room.
  uint16_t Keep(std::string_view text) {
    if (text.size() + 1 > stack.text.size() - stack.text_size) return 0;
    const size_t at = stack.text_size;
    std::memmove(stack.text.data() + at, text.data(), text.size());  // it may be there already
    stack.text[at + text.size()] = '\0';
    stack.text_size += text.size() + 1;
    return static_cast<uint16_t>(at);
  }
  uint16_t Keep(const char* name) { return name == nullptr ? 0 : Keep(std::string_view(name)); }

  uint16_t Keep(const link_map* module) {
    if (module == nullptr) return 0;
    if (*module->l_name == '\0') return stack.program;
    for (size_t i = 0; i < kept_modules; ++i) {
      if (kept[i].module == module) return kept[i].at;
    }
    const uint16_t at = Keep(module->l_name);
    if (kept_modules < kept.size()) kept[kept_modules++] = {.module = module, .at = at};
    return at;
  }

  struct Kept {
    const link_map* module;
    uint16_t at;
  };
  std::array<Kept, 8> kept;
  size_t kept_modules = 0;

  StackWalk& stack;
  const link_map* own = nullptr;  // frames of this file are ours
  uintptr_t call = 0;             // in the shim's frame
  uintptr_t end = 0;              // in a frame that is left out
  bool in_server = false;
  bool in_handler = false;  // of a fault
  bool is_fault = false;
  uintptr_t before = 0;  // the address of the frame before
};

// libc's function that the code at `address` stands for; null for none. The executable has a symbol
// for others to see only of what a library calls, too.
const char* StandsFor(uintptr_t address) {
  Dl_info info = {};
  if (dladdr(reinterpret_cast<void*>(address), &info) == 0 || info.dli_sname == nullptr) {
    return nullptr;
  }
  return dlsym(RTLD_NEXT, info.dli_sname) != nullptr ? info.dli_sname : nullptr;
}

size_t CountOfSymbols(const uint32_t* gnu_hash) {
  const uint32_t buckets = gnu_hash[0];
  const uint32_t first = gnu_hash[1];
  const uint32_t* const bucket = gnu_hash + 4 + gnu_hash[2] * (sizeof(ElfW(Addr)) / 4);
  uint32_t last = 0;
  for (uint32_t i = 0; i < buckets; ++i) last = std::max(last, bucket[i]);
  if (last < first) return first;
  const uint32_t* const chain = bucket + buckets;
  while ((chain[last - first] & 1) == 0) ++last;
  return last + 1;
}

// The function of `module` at `address`, if others can see it; null for none. As dladdr, without
// the dynamic linker's lock, which another thread may hold that is held itself.
const char* ExportedName(const link_map& module, uintptr_t address) {
  const ElfW(Sym)* symbols = nullptr;
  const char* names = nullptr;
  const uint32_t* hash = nullptr;
  for (const ElfW(Dyn)* entry = module.l_ld; entry->d_tag != DT_NULL; ++entry) {
    if (entry->d_tag == DT_SYMTAB) symbols = reinterpret_cast<ElfW(Sym)*>(entry->d_un.d_ptr);
    if (entry->d_tag == DT_STRTAB) names = reinterpret_cast<const char*>(entry->d_un.d_ptr);
    if (entry->d_tag == DT_GNU_HASH) hash = reinterpret_cast<uint32_t*>(entry->d_un.d_ptr);
  }
  if (symbols == nullptr || names == nullptr || hash == nullptr) return nullptr;
  const uintptr_t offset = address - module.l_addr;
  for (size_t i = 0, count = CountOfSymbols(hash); i < count; ++i) {
    const ElfW(Sym)& symbol = symbols[i];
    if (symbol.st_shndx == SHN_UNDEF || (symbol.st_info & 0xf) != STT_FUNC) continue;
    if (offset - symbol.st_value < symbol.st_size) return names + symbol.st_name;
  }
  return nullptr;
}

// True for a frame of ours, inwards of the server's.
bool IsOurs(Walk& walk, uintptr_t address, uintptr_t stack_pointer, const link_map* module) {
  if (walk.own != nullptr) {
    if (module != walk.own && walk.before != 0) {
      walk.stack.callee = walk.Keep(ExportedName(*walk.own, walk.before));
    }
    return module == walk.own;
  }
  if (stack_pointer <= walk.call) return true;
  // One function of the shim may call another.
  const char* const name = StandsFor(address);
  if (name != nullptr || walk.stack.callee == 0) {
    walk.stack.callee = walk.Keep(name != nullptr ? name : StandsFor(walk.before));
  }
  return name != nullptr;
}

_Unwind_Reason_Code Step(_Unwind_Context* context, void* argument) {
  auto& walk = *static_cast<Walk*>(argument);
  int at_instruction = 0;  // a signal came there
  const uintptr_t next = _Unwind_GetIPInfo(context, &at_instruction);
  const uintptr_t stack_pointer = _Unwind_GetCFA(context);
  if (next == 0) return _URC_END_OF_STACK;
  if (walk.in_handler) {
    walk.in_handler = at_instruction == 0;
    walk.in_server = !walk.in_handler;
    if (walk.in_handler) return _URC_NO_REASON;
  }
  const uintptr_t address = at_instruction != 0 ? next : next - 1;
  const link_map* const module = ModuleOf(address);
  if (!walk.in_server) {
    walk.in_server = !IsOurs(walk, address, stack_pointer, module);
    walk.before = address;
    if (!walk.in_server) return _URC_NO_REASON;
  }
  // What called the program's main, or a handler of its signals, is ours again.
  if (walk.own != nullptr && module == walk.own) return _URC_NO_REASON;
  StackWalk& stack = walk.stack;
  if (walk.end != 0 && stack_pointer > walk.end) {
    if (stack.size > 0) --stack.size;
    return _URC_END_OF_STACK;
  }
  // The shim's function through which the server came to libc, where it died.
  if (walk.is_fault && stack.size > 0 && module != nullptr && *module->l_name == '\0' &&
      stack.frames[stack.size - 1].module != stack.program) {
    const char* const name = ExportedName(*module, address);
    if (name != nullptr && dlsym(RTLD_NEXT, name) != nullptr) {
      stack.size = 0;
      stack.callee = walk.Keep(name);
      return _URC_NO_REASON;
    }
  }
  // What libc has put between a fault and its handler.
  if (at_instruction != 0 && stack.size == 1 && stack.callee == 0) stack.size = 0;
  if (stack.size == StackWalk::kMost) return _URC_END_OF_STACK;
  stack.frames[stack.size++] = {.offset = module == nullptr ? address : address - module->l_addr,
                                .module = walk.Keep(module)};
  return _URC_NO_REASON;
}

void Take(Walk& walk) {
  Guarded([&] { _Unwind_Backtrace(Step, &walk); });
  StackWalk& stack = walk.stack;
  Guarded([&] { stack.script_size = WriteTraceback(stack.script.data(), stack.script.size()); });
}

}  // namespace

void WalkToServer(StackWalk& stack) {
  Walk walk(stack);
  walk.own = ModuleOf(reinterpret_cast<uintptr_t>(&Step));
  Take(walk);
}

void WalkToServer(StackWalk& stack, const void* call, const void* end) {
  Walk walk(stack);
  walk.call = reinterpret_cast<uintptr_t>(call);
  walk.end = reinterpret_cast<uintptr_t>(end);
  Take(walk);
}

void WalkFromFault(StackWalk& stack, const void* end) {
  Walk walk(stack);
  walk.in_handler = walk.is_fault = true;
  walk.end = reinterpret_cast<uintptr_t>(end);
  Take(walk);
}

}  // namespace hupstorm
