#include "kernel/heap/heap_meter.h"

#include <errno.h>
#include <gmock/gmock.h>
#include <malloc.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "kernel/host_kernel.h"
#include "kernel/in_force.h"
#include "kernel/sanitizers.h"

namespace hupstorm {
namespace {

// Kept from the optimiser, which may remove an allocation that nobody looks at.
template <typename T>
T* Seen(T* pointer) {
  asm volatile("" : "+r"(pointer) : : "memory");
  return pointer;
}

class HeapMeterTest : public testing::Test {
 protected:
  HeapMeterTest() { ResetServerHeap(); }

  // Runs `body` as the server and returns what the server holds then.
  template <typename Body>
  HeapUse AsServer(Body&& body) {
    ServerScope server(kernel_);
    body();
    return ServerHeap();
  }
  static void ExpectNothingHeld() {
    EXPECT_EQ(ServerHeap().blocks, 0);
    EXPECT_EQ(ServerHeap().bytes, 0);
  }

  HostKernel kernel_;
};

TEST_F(HeapMeterTest, TheServersBlocksCount) {
  void* block = nullptr;
  const HeapUse use = AsServer([&] { block = Seen(malloc(1000)); });
  EXPECT_EQ(use.blocks, 1);
  EXPECT_EQ(use.bytes, 1000);
  AsServer([&] { free(block); });
  ExpectNothingHeld();
}

TEST_F(HeapMeterTest, TheHarnessBlocksDoNot) {
  void* const outside = Seen(malloc(1000));
  ServerScope server(kernel_);
  HarnessScope harness;
  void* const inside = Seen(malloc(1000));
  ExpectNothingHeld();
  free(inside);
  free(outside);
  ExpectNothingHeld();
}

TEST_F(HeapMeterTest, ABlockThatTheHarnessFreesIsNoLeak) {
  std::function<std::string()> text;
  AsServer([&] {
    const std::string captured(100, 'x');
    text = [captured] { return captured; };
  });
  EXPECT_GT(ServerHeap().blocks, 0);
  text = nullptr;
  ExpectNothingHeld();
}

TEST_F(HeapMeterTest, ABlockOfTheHarnessThatTheServerFreesHidesNoLeak) {
  void* const given = Seen(malloc(1000));
  void* kept = nullptr;
  const HeapUse use = AsServer([&] {
    free(given);
    kept = Seen(malloc(10));
  });
  EXPECT_EQ(use.blocks, 1);
  EXPECT_GT(use.bytes, 0);
  free(kept);
}

// Memory comes round again; what marked it as the server's must be gone.
TEST_F(HeapMeterTest, TheHarnessMayReuseTheServersMemory) {
  for (size_t size = 24; size < 2000; size += 8) {
    AsServer([&] { free(Seen(malloc(size))); });
    for (const size_t more : {size, size + 8}) free(Seen(malloc(more)));
    ExpectNothingHeld();
  }
}

TEST_F(HeapMeterTest, EveryWayToAllocateCounts) {
  std::vector<void*> blocks;
  blocks.reserve(16);
  const HeapUse use = AsServer([&] {
    blocks.push_back(malloc(0));
    blocks.push_back(calloc(3, 7));
    blocks.push_back(realloc(nullptr, 50));
    blocks.push_back(reallocarray(nullptr, 5, 10));
    blocks.push_back(memalign(64, 100));
    blocks.push_back(aligned_alloc(256, 512));
    void* aligned = nullptr;
    EXPECT_EQ(posix_memalign(&aligned, 4096, 10), 0);
    blocks.push_back(aligned);
    blocks.push_back(valloc(10));
    blocks.push_back(pvalloc(10));
    blocks.push_back(strdup("text"));
    blocks.push_back(operator new(10));
    blocks.push_back(malloc(10 << 20));
  });
  EXPECT_EQ(use.blocks, static_cast<int64_t>(blocks.size()));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(blocks[4]) % 64, 0u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(blocks[5]) % 256, 0u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(blocks[6]) % 4096, 0u);
  operator delete(blocks[10]);
  blocks.erase(blocks.begin() + 10);
  AsServer([&] {
    for (void* const block : blocks) free(block);
  });
  ExpectNothingHeld();
}

TEST_F(HeapMeterTest, CallocIsZero) {
  // Dirty memory of the size first, tags and all.
  AsServer([&] {
    char* const dirty = static_cast<char*>(Seen(malloc(200)));
    memset(dirty, 0xff, 200);
    free(dirty);
    char* const clean = static_cast<char*>(Seen(calloc(20, 10)));
    for (int i = 0; i < 200; ++i) EXPECT_EQ(clean[i], 0) << i;
    free(clean);
  });
  ExpectNothingHeld();
}

TEST_F(HeapMeterTest, ReallocKeepsBytesAndCount) {
  char* block = nullptr;
  AsServer([&] {
    block = static_cast<char*>(Seen(malloc(100)));
    memset(block, 'a', 100);
    for (const size_t size : {size_t{100000}, size_t{24}, size_t{3} << 20, size_t{100}}) {
      block = static_cast<char*>(Seen(realloc(block, size)));
      EXPECT_EQ(ServerHeap().blocks, 1);
      EXPECT_EQ(ServerHeap().bytes, static_cast<int64_t>(size));
      for (int i = 0; i < 24; ++i) ASSERT_EQ(block[i], 'a');
    }
  });
  free(block);
  ExpectNothingHeld();
}

TEST_F(HeapMeterTest, AResizedBlockBelongsToWhoeverResizedIt) {
  void* block = Seen(malloc(10));
  AsServer([&] { block = Seen(realloc(block, 1000)); });
  EXPECT_EQ(ServerHeap().blocks, 1);
  block = Seen(realloc(block, 5000));
  ExpectNothingHeld();
  free(block);
  ExpectNothingHeld();
}

TEST_F(HeapMeterTest, WhatWasThereBeforeAResetDoesNotCount) {
  void* before = nullptr;
  AsServer([&] { before = Seen(malloc(1000)); });
  ResetServerHeap();
  ExpectNothingHeld();
  void* after = nullptr;
  AsServer([&] { after = Seen(malloc(10)); });
  const HeapUse use = ServerHeap();
  free(before);
  EXPECT_EQ(ServerHeap().blocks, use.blocks);
  EXPECT_EQ(ServerHeap().bytes, use.bytes);
  free(after);
  ExpectNothingHeld();
}

TEST_F(HeapMeterTest, ManyBlocksInAnyOrder) {
  std::vector<void*> blocks(10'000);
  AsServer([&] {
    for (size_t i = 0; i < blocks.size(); ++i) blocks[i] = Seen(malloc(i % 300));
  });
  EXPECT_EQ(ServerHeap().blocks, static_cast<int64_t>(blocks.size()));
  for (size_t i = 0; i < blocks.size(); ++i) free(blocks[i * 7919 % blocks.size()]);
  ExpectNothingHeld();
}

TEST_F(HeapMeterTest, OtherThreadsDoNotCount) {
  AsServer([&] {
    HarnessScope harness;  // what starting a thread takes is not the point here
    std::thread([&] { free(Seen(malloc(10))); }).join();
  });
  ExpectNothingHeld();
}

#if !HUPSTORM_SANITIZER_OWNS_HEAP  // sanitizers end the process there
TEST_F(HeapMeterTest, ARequestThatCannotBeMetCountsNothing) {
  AsServer([&] {
    volatile size_t huge = SIZE_MAX - 4;
    EXPECT_EQ(Seen(malloc(huge)), nullptr);
    EXPECT_EQ(Seen(calloc(huge, 2)), nullptr);
    errno = 0;
    EXPECT_EQ(Seen(reallocarray(nullptr, huge, 2)), nullptr);
    EXPECT_EQ(errno, ENOMEM);
    void* block = Seen(malloc(10));
    // Through volatile: the compiler takes it for freed.
    void* (*volatile resize)(void*, size_t) = realloc;
    EXPECT_EQ(resize(block, huge), nullptr);
    EXPECT_EQ(ServerHeap().blocks, 1) << "the old block is still there";
    free(block);
    void* aligned = nullptr;
    EXPECT_EQ(posix_memalign(&aligned, 3, 10), EINVAL);
  });
  ExpectNothingHeld();
}
#endif

}  // namespace
}  // namespace hupstorm
