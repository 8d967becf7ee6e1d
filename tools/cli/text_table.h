// A table for people: columns aligned by spaces.

#ifndef HUPSTORM_TOOLS_CLI_TEXT_TABLE_H_
#define HUPSTORM_TOOLS_CLI_TEXT_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace hupstorm {

class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : rows_{std::move(header)} {}
  // As many cells as the header has. Cells are plain text: escape codes would count as letters.
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  // Each row ends with a newline; the last column is not padded. `indent` spaces before each.
  std::string ToString(size_t indent = 0) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// Fills lines of at most `width` columns, each behind `indent` spaces. An empty line ends a
// paragraph; a line that begins with a space is taken as laid out and is only indented.
std::string WrapText(std::string_view text, size_t width, size_t indent);

// "1 finding", "12 findings".
std::string Count(uint64_t count, std::string_view what);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CLI_TEXT_TABLE_H_
