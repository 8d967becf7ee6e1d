#include "kernel/simulated/byte_queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <vector>

namespace hupstorm::simulated {
namespace {

// Against std::deque, with sizes around a chunk's.
TEST(ByteQueueTest, AgreesWithAPlainQueue) {
  ChunkPool pool;
  ByteQueue queues[2];
  std::deque<std::byte> models[2];
  std::mt19937 random(1);
  uint8_t next = 0;
  for (int round = 0; round < 20'000; ++round) {
    const int which = static_cast<int>(random() % 2);
    ByteQueue& queue = queues[which];
    std::deque<std::byte>& model = models[which];
    const size_t some = random() % (random() % 8 == 0 ? 20'000 : 40);
    const size_t count = std::min(some, model.size());
    switch (random() % 5) {
      case 0: {
        std::vector<std::byte> bytes(some);
        for (std::byte& byte : bytes) byte = std::byte{next++};
        queue.Append(pool, bytes.data(), bytes.size());
        model.insert(model.end(), bytes.begin(), bytes.end());
        break;
      }
      case 1: {
        std::vector<std::byte> bytes(count);
        queue.Take(pool, bytes.data(), count);
        EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), model.begin()));
        model.erase(model.begin(), model.begin() + static_cast<long>(count));
        break;
      }
      case 2: {
        const size_t offset = count == model.size() ? 0 : random() % (model.size() - count);
        std::vector<std::byte> bytes(count);
        queue.CopyOut(offset, bytes.data(), count);
        EXPECT_TRUE(
            std::equal(bytes.begin(), bytes.end(), model.begin() + static_cast<long>(offset)));
        break;
      }
      case 3: {
        std::deque<std::byte>& to = models[1 - which];
        queue.MoveTo(pool, queues[1 - which], count);
        to.insert(to.end(), model.begin(), model.begin() + static_cast<long>(count));
        model.erase(model.begin(), model.begin() + static_cast<long>(count));
        break;
      }
      case 4: {
        const std::span<const std::byte> front = queue.Front();
        EXPECT_EQ(front.empty(), model.empty());
        EXPECT_LE(front.size(), model.size());
        EXPECT_TRUE(std::equal(front.begin(), front.end(), model.begin()));
        break;
      }
    }
    ASSERT_EQ(queue.size(), model.size());
  }
}

TEST(ByteQueueTest, AnEmptyQueueGivesItsChunksBack) {
  ChunkPool pool;
  ByteQueue queue;
  const std::vector<std::byte> bytes(10'000);
  queue.Append(pool, bytes.data(), bytes.size());
  const std::byte* first = queue.Front().data();
  queue.Clear(pool);
  EXPECT_TRUE(queue.Front().empty());
  // Both chunks are there to be used again; the first to be freed is the last of them.
  ByteQueue again;
  again.Append(pool, bytes.data(), bytes.size());
  const std::byte* reused = nullptr;
  while (!again.empty()) {
    reused = again.Front().data();
    again.Take(pool, nullptr, again.Front().size());
  }
  EXPECT_EQ(reused, first);
}

}  // namespace
}  // namespace hupstorm::simulated
