// Random numbers from Linux: getrandom(2), getentropy(3), /dev/random and /dev/urandom. The same
// ones whenever the program is started.

#ifndef HUPSTORM_KERNEL_INSIDE_RANDOM_BYTES_H_
#define HUPSTORM_KERNEL_INSIDE_RANDOM_BYTES_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdio>

#include "kernel/system_call.h"

namespace hupstorm::inside {

// The 16 bytes that the kernel gives each program for its hash tables and the like (AT_RANDOM).
// libc has taken its own from there already.
void SeedProgram();

// As getrandom.
ssize_t FillRandomly(void* buffer, size_t size);

bool IsRandomDevice(const char* path);
// The program has opened one of them: what it reads there is replaced by AfterFileCall.
void NoteRandomDevice(int fd);
// As fopen of one of them.
FILE* OpenRandomStream();
// A call that Linux has made, on any file.
void AfterFileCall(const SystemCall& call);

}  // namespace hupstorm::inside

#endif  // HUPSTORM_KERNEL_INSIDE_RANDOM_BYTES_H_
