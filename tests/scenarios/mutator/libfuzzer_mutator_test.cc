// libFuzzer's entry points, called as libFuzzer calls them.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "scenarios/language/bytes.h"
#include "scenarios/mutator/fuzzed_protocol.h"
#include "tests/scenarios/mutator/sample.h"

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed);
extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* data1, size_t size1,
                                            const uint8_t* data2, size_t size2, uint8_t* out,
                                            size_t max_out_size, unsigned int seed);

namespace {
int plain_mutations = 0;
}

// libFuzzer's own.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t) {
  ++plain_mutations;
  if (size > 0) ++data[0];
  return std::max<size_t>(size, 1);
}

namespace hupstorm {

Protocol FuzzedProtocol() { return Protocol::kHttp; }

namespace {

TEST(LibfuzzerMutatorTest, MutatesStepsNearlyAlwaysAndBytesNowAndThen) {
  const std::vector<uint8_t> seed_input = EncodeScenario(Sample());
  plain_mutations = 0;
  int http = 0;
  for (unsigned int seed = 0; seed < 1000; ++seed) {
    std::vector<uint8_t> data(512, 0xee);
    std::copy(seed_input.begin(), seed_input.end(), data.begin());
    const size_t size = LLVMFuzzerCustomMutator(data.data(), seed_input.size(), 300, seed);
    ASSERT_GE(size, 1u);
    ASSERT_LE(size, 300u);
    ASSERT_TRUE(std::all_of(data.begin() + 300, data.end(), [](uint8_t b) { return b == 0xee; }));
    data.resize(size);
    http += DecodeScenario(data).protocol == Protocol::kHttp;
  }
  EXPECT_GT(plain_mutations, 5);
  EXPECT_LT(plain_mutations, 100);
  EXPECT_EQ(http + plain_mutations, 1000);
}

TEST(LibfuzzerMutatorTest, LeavesToLibfuzzerWhatIsTooSmallForAScenario) {
  for (unsigned int seed = 0; seed < 50; ++seed) {
    uint8_t data[] = {1, 2};
    EXPECT_GE(LLVMFuzzerCustomMutator(data, 1, 1, seed), 1u);
  }
}

TEST(LibfuzzerMutatorTest, CrossesOverNowAndThen) {
  const std::vector<uint8_t> input = EncodeScenario(Sample());
  int crossed = 0;
  for (unsigned int seed = 0; seed < 400; ++seed) {
    std::vector<uint8_t> out(100);
    const size_t size = LLVMFuzzerCustomCrossOver(input.data(), input.size(), input.data(),
                                                  input.size(), out.data(), out.size(), seed);
    ASSERT_LE(size, out.size());
    crossed += size > 0;
  }
  EXPECT_GT(crossed, 40);
  EXPECT_LT(crossed, 200);
}

}  // namespace
}  // namespace hupstorm
