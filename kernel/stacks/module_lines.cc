#include "kernel/stacks/module_lines.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <gelf.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string_view>
#include <utility>

namespace hupstorm {
namespace {

// The default folders: beside the file, .debug beside it, /usr/lib/debug.
char* default_debug_path = nullptr;
constexpr Dwfl_Callbacks kCallbacks = {.find_elf = dwfl_build_id_find_elf,
                                       .find_debuginfo = dwfl_standard_find_debuginfo,
                                       .section_address = dwfl_offline_section_address,
                                       .debuginfo_path = &default_debug_path};

std::string StringOf(Dwarf_Die& die, unsigned attribute) {
  Dwarf_Attribute found;
  const char* const text = dwarf_formstring(dwarf_attr_integrate(&die, attribute, &found));
  return text == nullptr ? "" : text;
}

// With the namespaces and classes that it was declared in.
std::string QualifiedName(Dwarf_Die die) {
  Dwarf_Attribute origin;
  for (const unsigned attribute :
       {unsigned{DW_AT_abstract_origin}, unsigned{DW_AT_specification}}) {
    if (dwarf_attr(&die, attribute, &origin) != nullptr) dwarf_formref_die(&origin, &die);
  }
  Dwarf_Die* scopes = nullptr;
  const int count = dwarf_getscopes_die(&die, &scopes);
  std::string name;
  for (int i = 0; i < count; ++i) {
    const char* const own = dwarf_diename(&scopes[i]);
    switch (dwarf_tag(&scopes[i])) {
      case DW_TAG_subprogram:
      case DW_TAG_class_type:
      case DW_TAG_structure_type:
      case DW_TAG_union_type:
        if (own != nullptr) name = own + (name.empty() ? "" : "::" + name);
        break;
      case DW_TAG_namespace:
        name = (own != nullptr ? own : "(anonymous namespace)") + ("::" + name);
        break;
      default:
        break;
    }
  }
  std::free(scopes);
  return name;
}

// Rust's newer names are not C++'s.
bool IsReadable(std::string_view symbol) { return !symbol.empty() && !symbol.starts_with("_R"); }

std::string SymbolOf(Dwarf_Die& die) {
  for (const unsigned attribute :
       {unsigned{DW_AT_linkage_name}, unsigned{DW_AT_MIPS_linkage_name}}) {
    std::string symbol = StringOf(die, attribute);
    if (IsReadable(symbol)) return symbol;
  }
  return QualifiedName(die);
}

int NumberOf(Dwarf_Die& die, unsigned attribute) {
  Dwarf_Attribute found;
  Dwarf_Word value = 0;
  const bool is_there = dwarf_attr(&die, attribute, &found) != nullptr;
  return is_there && dwarf_formudata(&found, &value) == 0 ? static_cast<int>(value) : 0;
}

// A compiler's paths are relative to where it was started.
std::string WholePath(Dwarf_Die& unit, const char* path) {
  if (path == nullptr) return "";
  if (*path == '/') return path;
  // "." is a folder that -ffile-prefix-map has taken out.
  if (std::string_view(path).starts_with("./")) path += 2;
  const std::string folder = StringOf(unit, DW_AT_comp_dir);
  return folder.empty() || folder == "." ? path : folder + "/" + path;
}

}  // namespace

class ModuleLines::Impl {
 public:
  explicit Impl(const std::string& path) : dwfl_(dwfl_begin(&kCallbacks)) {
    if (dwfl_ == nullptr) return;
    dwfl_report_begin(dwfl_);
    module_ = dwfl_report_offline(dwfl_, path.c_str(), path.c_str(), -1);
    dwfl_report_end(dwfl_, nullptr, nullptr);
    if (module_ != nullptr) elf_ = dwfl_module_getelf(module_, &bias_);
    if (elf_ == nullptr) return;
    calls_ = std::make_unique<MachineCalls>(elf_);
    ReadSymbols();
    ReadUnits();
  }
  ~Impl() {
    if (dwfl_ != nullptr) dwfl_end(dwfl_);
  }

  std::vector<CodeLine> At(uint64_t address) const {
    std::vector<CodeLine> lines;
    if (elf_ == nullptr) return lines;
    CodeLine line = LineOf(address);
    const Unit* const unit = UnitAt(address);
    for (Dwarf_Die scope : FunctionsAt(address)) {
      line.symbol = SymbolOf(scope);
      Dwarf_Attribute type;
      line.returns_value = dwarf_attr_integrate(&scope, DW_AT_type, &type) != nullptr;
      lines.push_back(line);
      line = CallOf(scope, unit->die);
    }
    // The linker's symbol of the function itself tells more than DWARF's name of it: its
    // parameters.
    const auto symbol = FindSymbol(address);
    const bool has_symbol = symbol != symbols_.end();
    if (lines.empty() && (has_symbol || line.line > 0)) lines.push_back(line);
    if (has_symbol && (lines.back().symbol.empty() || IsReadable(symbol->second.name))) {
      lines.back().symbol = symbol->second.name;
    }
    return lines;
  }

  std::vector<CodeRange> FunctionAt(uint64_t address, size_t depth) const {
    std::vector<CodeRange> ranges;
    if (elf_ == nullptr) return ranges;
    const std::vector<Dwarf_Die>& functions = FunctionsAt(address);
    if (depth < functions.size()) ranges = RangesOf(functions[depth], UnitAt(address)->bias);
    if (!ranges.empty()) return ranges;
    if (const auto symbol = SymbolAt(address)) ranges.push_back(*symbol);
    return ranges;
  }

  std::optional<CodeRange> SymbolAt(uint64_t address) const {
    const auto symbol = FindSymbol(address);
    if (symbol == symbols_.end()) return std::nullopt;
    return CodeRange{.begin = symbol->first, .end = symbol->second.end};
  }

  const MachineCalls* calls() const { return calls_.get(); }

  std::vector<CallSite> CallsOf(uint64_t function) const {
    if (calls_of_.empty() && calls_ != nullptr) {
      for (const auto& [begin, symbol] : symbols_) {
        for (const CallSite& call : calls_->In({.begin = begin, .end = symbol.end})) {
          if (!call.by_pointer) calls_of_[call.target].push_back(call);
        }
      }
    }
    const auto calls = calls_of_.find(function);
    return calls == calls_of_.end() ? std::vector<CallSite>() : calls->second;
  }
  const std::string* NameOfFunction(uint64_t begin) const {
    const auto symbol = symbols_.find(begin);
    return symbol == symbols_.end() ? nullptr : &symbol->second.name;
  }

 private:
  struct Symbol {
    uint64_t end = 0;
    std::string name;
    bool is_seen = false;  // by other files
  };

  // libdwfl looks through all of them each time.
  void ReadSymbols() {
    const int count = dwfl_module_getsymtab(module_);
    for (int i = 0; i < count; ++i) {
      GElf_Sym symbol;
      GElf_Addr address = 0;
      const char* const name =
          dwfl_module_getsym_info(module_, i, &symbol, &address, nullptr, nullptr, nullptr);
      const int type = GELF_ST_TYPE(symbol.st_info);
      if (name == nullptr || *name == '\0' || symbol.st_size == 0 ||
          (type != STT_FUNC && type != STT_GNU_IFUNC)) {
        continue;
      }
      const uint64_t begin = address - bias_;
      // One that others see is the source's own name, and not one of libc's for its own use.
      const bool is_seen = GELF_ST_BIND(symbol.st_info) != STB_LOCAL;
      Symbol& known = symbols_[begin];
      if (!known.name.empty() && (known.is_seen || !is_seen)) continue;
      known = {.end = begin + symbol.st_size, .name = name, .is_seen = is_seen};
    }
  }

  std::map<uint64_t, Symbol>::const_iterator FindSymbol(uint64_t address) const {
    auto after = symbols_.upper_bound(address);
    if (after == symbols_.begin()) return symbols_.end();
    --after;
    return address < after->second.end ? after : symbols_.end();
  }

  struct Unit {
    Dwarf_Die die;
    Dwarf_Addr bias;  // what is added to addresses of the debug file
  };

  // Those of the debug file's addresses that `die` covers, as addresses of the file.
  std::vector<CodeRange> RangesOf(Dwarf_Die die, Dwarf_Addr bias) const {
    std::vector<CodeRange> ranges;
    Dwarf_Addr base = 0;
    Dwarf_Addr begin = 0;
    Dwarf_Addr end = 0;
    for (ptrdiff_t at = 0; (at = dwarf_ranges(&die, at, &base, &begin, &end)) > 0;) {
      ranges.push_back({.begin = begin + bias - bias_, .end = end + bias - bias_});
    }
    return ranges;
  }

  // libdw's own table of them, .debug_aranges, is not written by clang.
  void ReadUnits() {
    Dwarf_Addr bias = 0;
    for (Dwarf_Die* die = nullptr; (die = dwfl_module_nextcu(module_, die, &bias)) != nullptr;) {
      for (const CodeRange& range : RangesOf(*die, bias)) {
        // Functions that the linker has left out are said to be at 0.
        if (range.begin == 0 || range.begin >= range.end) continue;
        units_.insert_or_assign(range.end, std::pair(range.begin, Unit{*die, bias}));
      }
    }
  }

  // The compiler's unit with the code at `address`; null for none.
  const Unit* UnitAt(uint64_t address) const {
    const auto found = units_.upper_bound(address);
    return found == units_.end() || address < found->second.first ? nullptr : &found->second.second;
  }

  CodeLine LineOf(uint64_t address) const {
    CodeLine result;
    const Unit* const unit = UnitAt(address);
    if (unit == nullptr) return result;
    Dwarf_Die die = unit->die;
    Dwarf_Line* const line = dwarf_getsrc_die(&die, address + bias_ - unit->bias);
    if (line == nullptr) return result;
    dwarf_lineno(line, &result.line);
    dwarf_linecol(line, &result.column);
    result.file = WholePath(die, dwarf_linesrc(line, nullptr, nullptr));
    return result;
  }

  // Where the function of `inlined` was called.
  static CodeLine CallOf(Dwarf_Die& inlined, Dwarf_Die unit) {
    CodeLine call;
    call.line = NumberOf(inlined, DW_AT_call_line);
    call.column = NumberOf(inlined, DW_AT_call_column);
    const int file = NumberOf(inlined, DW_AT_call_file);
    Dwarf_Files* files = nullptr;
    size_t count = 0;
    if (dwarf_getsrcfiles(&unit, &files, &count) == 0 && static_cast<size_t>(file) < count) {
      call.file =
          WholePath(unit, dwarf_filesrc(files, static_cast<size_t>(file), nullptr, nullptr));
    }
    return call;
  }

  // Of a unit, by where their code ends. A part of a function lies where the linker has put it.
  struct Function {
    uint64_t begin = 0;
    Dwarf_Die die;
  };
  using Functions = std::map<uint64_t, Function>;

  // libdw's dwarf_getscopes does not look into namespaces, in which Rust's functions are.
  void ReadFunctions(Dwarf_Die parent, const Unit& unit, Functions& functions) const {
    Dwarf_Die child;
    if (dwarf_child(&parent, &child) != 0) return;
    do {
      const int tag = dwarf_tag(&child);
      if (tag == DW_TAG_subprogram) {
        for (const CodeRange& range : RangesOf(child, unit.bias)) {
          functions.insert_or_assign(range.end, Function{.begin = range.begin, .die = child});
        }
      }
      if (tag != DW_TAG_inlined_subroutine && dwarf_haschildren(&child) > 0) {
        ReadFunctions(child, unit, functions);
      }
    } while (dwarf_siblingof(&child, &child) == 0);
  }

  // Adds the functions that were inlined at `address` of the debug file, from the outermost
  // inwards.
  static void AddInlined(Dwarf_Die parent, Dwarf_Addr address, std::vector<Dwarf_Die>& functions) {
    Dwarf_Die child;
    if (dwarf_child(&parent, &child) != 0) return;
    do {
      const int tag = dwarf_tag(&child);
      const bool is_inlined = tag == DW_TAG_inlined_subroutine;
      const bool is_block =
          tag == DW_TAG_lexical_block || tag == DW_TAG_try_block || tag == DW_TAG_catch_block;
      if (!(is_inlined || is_block) || dwarf_haspc(&child, address) <= 0) continue;
      if (is_inlined) functions.push_back(child);
      return AddInlined(child, address, functions);
    } while (dwarf_siblingof(&child, &child) == 0);
  }

  // From the innermost one that was inlined to the one that is called.
  const std::vector<Dwarf_Die>& FunctionsAt(uint64_t address) const {
    const auto [entry, is_new] = functions_.try_emplace(address);
    std::vector<Dwarf_Die>& result = entry->second;
    const Unit* const unit = is_new ? UnitAt(address) : nullptr;
    if (unit == nullptr) return result;
    const auto [known, is_new_unit] = functions_of_.try_emplace(unit);
    if (is_new_unit) ReadFunctions(unit->die, *unit, known->second);
    const auto found = known->second.upper_bound(address);
    if (found == known->second.end() || address < found->second.begin) return result;
    result.push_back(found->second.die);
    AddInlined(found->second.die, address + bias_ - unit->bias, result);
    std::reverse(result.begin(), result.end());
    return result;
  }

  Dwfl* const dwfl_;
  Dwfl_Module* module_ = nullptr;
  Elf* elf_ = nullptr;
  std::unique_ptr<MachineCalls> calls_;
  GElf_Addr bias_ = 0;                  // what libdwfl adds to the file's addresses
  std::map<uint64_t, Symbol> symbols_;  // of functions, by where these begin
  mutable std::map<uint64_t, std::vector<CallSite>> calls_of_;  // filled in when it is asked
  std::map<uint64_t, std::pair<uint64_t, Unit>>
      units_;  // by where their code ends, where it begins
  mutable std::map<const Unit*, Functions> functions_of_;
  mutable std::map<uint64_t, std::vector<Dwarf_Die>> functions_;
};

ModuleLines::ModuleLines(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}
ModuleLines::~ModuleLines() = default;

std::vector<CodeLine> ModuleLines::At(uint64_t address) const { return impl_->At(address); }
std::vector<CodeRange> ModuleLines::FunctionAt(uint64_t address, size_t depth) const {
  return impl_->FunctionAt(address, depth);
}
std::optional<CodeRange> ModuleLines::SymbolAt(uint64_t address) const {
  return impl_->SymbolAt(address);
}
std::vector<CallSite> ModuleLines::CallsIn(CodeRange range) const {
  return impl_->calls() == nullptr ? std::vector<CallSite>() : impl_->calls()->In(range);
}
std::optional<CallSite> ModuleLines::CallBefore(uint64_t next) const {
  return impl_->calls() == nullptr ? std::nullopt : impl_->calls()->Before(next);
}
std::string ModuleLines::CalleeOf(const CallSite& call) const {
  if (impl_->calls() == nullptr) return "";
  // The linker's stubs have no names.
  const std::string* const own = call.by_pointer ? nullptr : impl_->NameOfFunction(call.target);
  return own != nullptr ? *own : impl_->calls()->CalleeElsewhere(call);
}

std::vector<CallSite> ModuleLines::CallsOf(uint64_t function) const {
  return impl_->CallsOf(function);
}

}  // namespace hupstorm
