// Which sanitizers this code is built with, for the few places that must know.

#ifndef HUPSTORM_KERNEL_SANITIZERS_H_
#define HUPSTORM_KERNEL_SANITIZERS_H_

#if defined(__has_feature)
#define HUPSTORM_HAS_FEATURE(name) __has_feature(name)
#else
#define HUPSTORM_HAS_FEATURE(name) 0
#endif

// AddressSanitizer checks memory accesses.
#if defined(__SANITIZE_ADDRESS__) || HUPSTORM_HAS_FEATURE(address_sanitizer)
#define HUPSTORM_ASAN 1
#else
#define HUPSTORM_ASAN 0
#endif

// ThreadSanitizer, which must be told how descriptors order threads.
#if defined(__SANITIZE_THREAD__) || HUPSTORM_HAS_FEATURE(thread_sanitizer)
#define HUPSTORM_TSAN 1
#else
#define HUPSTORM_TSAN 0
#endif

// A sanitizer brings the allocator, and malloc must be left to it.
#if HUPSTORM_ASAN || HUPSTORM_TSAN || HUPSTORM_HAS_FEATURE(memory_sanitizer)
#define HUPSTORM_SANITIZER_OWNS_HEAP 1
#else
#define HUPSTORM_SANITIZER_OWNS_HEAP 0
#endif

#endif  // HUPSTORM_KERNEL_SANITIZERS_H_
