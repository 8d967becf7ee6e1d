// Where the server throws, in an executable that links hupstorm_shim: by interposing __cxa_throw.
// Not under a sanitizer, which does so itself.

#ifndef HUPSTORM_KERNEL_STACKS_THROWS_H_
#define HUPSTORM_KERNEL_STACKS_THROWS_H_

namespace hupstorm {

// Hears of each exception that the server throws, as the harness, before anything is unwound.
class ThrowListener {
 public:
  virtual ~ThrowListener() = default;
  // `exception` is the object that was thrown; `inner` lies in the stack frame of the function that
  // stands for __cxa_throw.
  virtual void OnThrow(const void* exception, const void* inner) = 0;
};

// Of this thread's server; null: none.
extern thread_local constinit ThrowListener* throw_listener;

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_STACKS_THROWS_H_
