#include "kernel/stacks/function_names.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <utility>

namespace hupstorm {
namespace {

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

// Rust's older names are C++'s, with a hash for the last part, and with words for signs.
bool TakeRustHash(std::string& name) {
  constexpr std::string_view kHash = "::h0123456789abcdef";
  if (name.size() <= kHash.size()) return false;
  const size_t at = name.size() - kHash.size();
  if (name.compare(at, 3, "::h") != 0) return false;
  if (name.find_first_not_of("0123456789abcdef", at + 3) != std::string::npos) return false;
  name.resize(at);
  return true;
}

std::string OfRust(std::string name) {
  constexpr std::pair<std::string_view, std::string_view> kSigns[] = {
      {"$LT$", "<"},  {"$GT$", ">"},  {"$RF$", "&"},  {"$BP$", "*"},
      {"$C$", ","},   {"$LP$", "("},  {"$RP$", ")"},  {"$u20$", " "},
      {"$u7b$", "{"}, {"$u7d$", "}"}, {"$u5b$", "["}, {"$u5d$", "]"},
      {"$u27$", "'"}, {"$u3b$", ";"}, {"$u2b$", "+"}, {"..", "::"}};
  for (const auto& [word, sign] : kSigns) ReplaceAll(name, word, sign);
  ReplaceAll(name, "_<", "<");
  return name;
}

// The bracket that closes at `close` opens there.
size_t OpeningOf(std::string_view text, size_t close) {
  int depth = 0;
  for (size_t i = close + 1; i-- > 0;) {
    if (text[i] == ')') ++depth;
    if (text[i] == '(' && --depth == 0) return i;
  }
  return std::string_view::npos;
}

}  // namespace

std::string Demangled(std::string_view symbol) {
  std::string name(symbol.substr(0, symbol.find('@')));
  if (!name.starts_with("_Z")) {
    const size_t dot = name.find('.');  // "flush.cold", "flush.constprop.0"
    if (dot != std::string::npos && dot > 0) name.resize(dot);
    return name;
  }
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> readable(
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), std::free);
  if (readable == nullptr) return name;
  name = readable.get();
  const size_t clone = name.find(" [clone ");
  if (clone != std::string::npos) name.resize(clone);
  return TakeRustHash(name) ? OfRust(std::move(name)) : name;
}

std::string WithoutParameters(std::string_view signature) {
  const size_t close = signature.rfind(')');
  const bool is_rust = signature.starts_with('<');
  // "(anonymous namespace)::now" has none.
  if (is_rust || close == std::string_view::npos ||
      signature.substr(close).find("::") != std::string_view::npos) {
    return std::string(signature);
  }
  const size_t open = OpeningOf(signature, close);
  if (open == std::string_view::npos || open == 0) return std::string(signature);
  std::string_view name = signature.substr(0, open);
  if (name.ends_with("operator")) return std::string(signature.substr(0, close + 1));
  if (name.find("operator") != std::string_view::npos) return std::string(name);
  // What a template returns stands before it.
  int depth = 0;
  for (size_t i = name.size(); i-- > 0;) {
    const char c = name[i];
    if (c == '>' || c == ')' || c == '}') ++depth;
    if (c == '<' || c == '(' || c == '{') --depth;
    if (c == ' ' && depth == 0) {
      name.remove_prefix(i + 1);
      break;
    }
  }
  return std::string(name);
}

}  // namespace hupstorm
