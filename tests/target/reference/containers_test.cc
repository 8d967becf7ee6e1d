// The two containers of the reference server.

#include <gtest/gtest.h>

#include <string>

#include "target/reference/descriptor_table.h"
#include "target/reference/output_buffer.h"

namespace hupstorm {
namespace {

TEST(OutputBufferTest, GivesBackWhatItTookInOrder) {
  OutputBuffer buffer;
  std::string in;
  std::string out;
  // Sizes with no common measure, so that all alignments of front and end occur.
  for (size_t round = 0; round < 1000; ++round) {
    const std::string bytes(round * 7 % 97, static_cast<char>('a' + round % 26));
    buffer.Append(bytes);
    in += bytes;
    const size_t count = std::min<size_t>(buffer.size(), round * 5 % 83);
    out.append(buffer.bytes().data(), count);
    buffer.RemoveFront(count);
    ASSERT_EQ(buffer.size(), in.size() - out.size());
  }
  out.append(buffer.bytes().data(), buffer.size());
  buffer.RemoveFront(buffer.size());
  EXPECT_EQ(out, in);
  EXPECT_TRUE(buffer.empty());
}

TEST(DescriptorTableTest, FindsWhatWasSetUntilItIsCleared) {
  DescriptorTable<int, -1> table;
  EXPECT_EQ(table.Find(3), -1);
  for (int fd = 0; fd < 5000; ++fd) table.Set(fd, fd * 2);
  for (int fd = 4999; fd > 10; --fd) {
    ASSERT_EQ(table.Find(fd), fd * 2);
    table.Clear(fd);
    ASSERT_EQ(table.Find(fd), -1);
  }
  for (int fd = 0; fd <= 10; ++fd) EXPECT_EQ(table.Find(fd), fd * 2);
}

TEST(ShrinkIfSparseTest, GoesBackToTheLeast) {
  std::vector<int> items;
  items.reserve(64);
  for (int i = 0; i < 5000; ++i) items.push_back(i);
  while (items.size() > 1) {
    items.pop_back();
    ShrinkIfSparse(items, 64);
  }
  EXPECT_EQ(items.capacity(), 64U);
  items.resize(5000);
  items.resize(1);  // all at once
  ShrinkIfSparse(items, 64);
  EXPECT_EQ(items.capacity(), 64U);
  EXPECT_EQ(items.front(), 0);
}

}  // namespace
}  // namespace hupstorm
