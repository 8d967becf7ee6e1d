// The library that AFL++ loads, loaded as AFL++ does.

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "scenarios/language/bytes.h"
#include "tests/scenarios/mutator/sample.h"

namespace hupstorm {
namespace {

using Bytes = std::vector<uint8_t>;

class AflMutatorTest : public testing::Test {
 protected:
  AflMutatorTest() : library_(dlopen(HUPSTORM_AFL_MUTATOR, RTLD_NOW)) {
    unsetenv("HUPSTORM_PROTOCOL");
  }
  ~AflMutatorTest() override {
    if (library_ != nullptr) dlclose(library_);
  }
  void SetUp() override { ASSERT_NE(library_, nullptr) << dlerror(); }

  template <typename Function>
  Function* Find(const char* name) {
    void* found = dlsym(library_, name);
    EXPECT_NE(found, nullptr) << name;
    return reinterpret_cast<Function*>(found);
  }

  void* Init(unsigned int seed) {
    return Find<void*(void*, unsigned int)>("afl_custom_init")(nullptr, seed);
  }
  Bytes Fuzz(void* mutator, Bytes input, Bytes other, size_t max_size) {
    uint8_t* out = nullptr;
    const size_t size = Find<size_t(void*, uint8_t*, size_t, uint8_t**, uint8_t*, size_t, size_t)>(
        "afl_custom_fuzz")(mutator, input.data(), input.size(), &out,
                           other.empty() ? nullptr : other.data(), other.size(), max_size);
    return {out, out + size};
  }
  void Deinit(void* mutator) { Find<void(void*)>("afl_custom_deinit")(mutator); }

 private:
  void* library_;
};

TEST_F(AflMutatorTest, MutantsFitAndAreTheSameForTheSameSeed) {
  const Bytes input = EncodeScenario(Sample());
  void* first = Init(5);
  void* second = Init(5);
  for (int i = 0; i < 300; ++i) {
    const Bytes other = i % 2 == 0 ? input : Bytes{};
    const Bytes mutant = Fuzz(first, input, other, 120);
    EXPECT_GE(mutant.size(), 1u);
    EXPECT_LE(mutant.size(), 120u);
    EXPECT_EQ(mutant, Fuzz(second, input, other, 120));
  }
  Deinit(first);
  Deinit(second);
}

TEST_F(AflMutatorTest, TheProtocolComesFromTheEnvironment) {
  setenv("HUPSTORM_PROTOCOL", "http", 1);
  void* mutator = Init(1);
  EXPECT_EQ(DecodeScenario(Fuzz(mutator, {0}, {}, 4096)).protocol, Protocol::kHttp);
  Deinit(mutator);
}

TEST_F(AflMutatorTest, AnUnknownProtocolIsRefused) {
  setenv("HUPSTORM_PROTOCOL", "gopher", 1);
  EXPECT_EXIT(Init(1), testing::ExitedWithCode(2), "HUPSTORM_PROTOCOL is 'gopher'");
}

}  // namespace
}  // namespace hupstorm
