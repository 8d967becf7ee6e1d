// Copies between a server's memory and ours, made in the server's process, that end as Linux's do
// at an address that is not there: none of a server's mistakes may end the process inside hupstorm.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_SERVER_MEMORY_H_
#define HUPSTORM_KERNEL_LINUX_HELD_SERVER_MEMORY_H_

#include <cstddef>

namespace hupstorm::held {

// Copies `size` bytes from an address that the server has passed. Returns how many could be read,
// from the first on (process_vm_readv(2)).
size_t CopyFromServer(void* to, const void* from, size_t size);

// Copies `size` bytes to an address that the server has passed. False, and perhaps a part is
// written, if not all of it may be written.
bool CopyToServer(void* to, const void* from, size_t size);

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_SERVER_MEMORY_H_
