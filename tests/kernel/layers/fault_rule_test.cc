#include "kernel/faults/fault_rule.h"

#include <gmock/gmock.h>

#include "tests/kernel/layers/machine.h"

namespace hupstorm {
namespace {

TEST(FaultRuleTest, OutcomesAreKnownByName) {
  for (int i = 0; i < kFaultOutcomeCount; ++i) {
    const auto outcome = static_cast<FaultOutcome>(i);
    EXPECT_EQ(FaultOutcomeFromName(FaultOutcomeName(outcome)), outcome);
  }
  EXPECT_EQ(FaultOutcomeFromName("EBADF"), std::nullopt);
}

TEST(FaultRuleTest, EveryRowSaysWhereItComesFrom) {
  EXPECT_FALSE(LegalFaults().empty());
  for (const LegalFault& row : LegalFaults()) {
    EXPECT_TRUE(IsLegal(row.call, row.outcome));
    EXPECT_THAT(row.source, testing::Not(testing::IsEmpty()));
    EXPECT_THAT(row.meaning, testing::EndsWith("."));
  }
}

TEST(FaultRuleTest, WhatLinuxDoesNotDoIsNotLegal) {
  EXPECT_FALSE(IsLegal(CallFamily::kRecv, FaultOutcome::kEpipe));
  EXPECT_FALSE(IsLegal(CallFamily::kRecv, FaultOutcome::kEmfile));
  EXPECT_FALSE(IsLegal(CallFamily::kClose, FaultOutcome::kEintr));
  EXPECT_FALSE(IsLegal(CallFamily::kWait, FaultOutcome::kEagain));
  EXPECT_FALSE(IsLegal(CallFamily::kAny, FaultOutcome::kShort));
}

TEST(FaultInjectorDeathTest, AnIllegalRuleIsRefusedWithItsName) {
  const auto machine = MakeMachine(MachineKind::kSimulation);
  FaultInjector injector(machine->kernel(), *machine);
  EXPECT_DEATH(injector.Add({.call = CallFamily::kClose, .outcome = FaultOutcome::kEintr}),
               "Linux does not do this: fault close EINTR");
  EXPECT_DEATH(
      injector.Add({.call = CallFamily::kRecv, .outcome = FaultOutcome::kShort, .amount = 0}),
      "fault recv short 0");
}

}  // namespace
}  // namespace hupstorm
