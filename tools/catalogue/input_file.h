// Reads a file that the user named.

#ifndef HUPSTORM_TOOLS_CATALOGUE_INPUT_FILE_H_
#define HUPSTORM_TOOLS_CATALOGUE_INPUT_FILE_H_

#include <cstddef>
#include <string>

namespace hupstorm {

// The whole content. Throws UsageError if the file cannot be read, or holds more than `limit`
// bytes; reads no more than that, so that a device or a disk image does no harm. A pipe or a
// terminal may be silent for 10 seconds; one that no process writes to is refused at once.
std::string ReadInputFile(const std::string& path, size_t limit);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CATALOGUE_INPUT_FILE_H_
