#include "scenarios/shrink/shrink.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "scenarios/language/parse.h"
#include "scenarios/language/print.h"
#include "tests/scenarios/shrink/predicates.h"

namespace hupstorm {
namespace {

// The steps of what `text` shrinks to. Each candidate must be one that can be printed and parsed,
// and none may come twice.
std::string Smallest(std::string_view text, const Predicate& still_fails,
                     const ShrinkOptions& options = {}) {
  std::set<std::string> seen;
  const auto checked = [&](const Scenario& candidate) {
    const std::string printed = PrintScenario(candidate);
    EXPECT_EQ(ParseScenario(printed, "candidate.scn"), candidate) << printed;
    EXPECT_TRUE(seen.insert(printed).second) << "asked again:\n" << printed;
    return still_fails(candidate);
  };
  const Scenario scenario = ParseScenario(text, "large.scn");
  ShrinkResult result = Shrink(scenario, checked, options);
  EXPECT_EQ(result.runs, seen.size());
  result.scenario.title.clear();
  const std::string text_of_result = PrintScenario(result.scenario);
  return text_of_result.substr(text_of_result.find('\n') + 1);  // without "target"
}

TEST(ShrinkTest, StepsThatAreNotNeededGo) {
  EXPECT_EQ(Smallest(kLarge, Has({"a connect", "a shutdown write", "server stop"})),
            "a connect\na shutdown write\nserver stop\n");
}

TEST(ShrinkTest, OneStepStays) { EXPECT_EQ(Smallest(kLarge, Always), "a connect\n"); }

TEST(ShrinkTest, AStepThatDoesNothingIsAWait) {
  const auto nobody_connects = [](const Scenario& scenario) {
    return !HasAction(Action::kConnect)(scenario);
  };
  EXPECT_EQ(Smallest("c[3] send 9\nat recv 2 of a: b reset\n", nobody_connects), "wait 1ms\n");
}

TEST(ShrinkTest, StepsThatOnlyGoTogetherGo) {
  const auto balanced = [](const Scenario& scenario) {
    int limits = 0;
    for (const Step& step : scenario.steps) {
      if (step.action == Action::kLimitDescriptors) ++limits;
      if (step.action == Action::kLimitNone) --limits;
    }
    return limits == 0 && HasAction(Action::kClose)(scenario) &&
           HasAction(Action::kConnect)(scenario);
  };
  EXPECT_EQ(Smallest("limit descriptors 0\na connect\nlimit descriptors none\na close\n", balanced),
            "a connect\na close\n");
}

TEST(ShrinkTest, AllStepsOfAClientGoAtOnce) {
  std::string text = "a connect\n";
  for (int i = 0; i < 50; ++i) text += "b send urgent\na send 1\n";
  // Some of b's steps alone cannot go.
  const auto none_or_all = [](const Scenario& scenario) {
    const auto count =
        std::count_if(scenario.steps.begin(), scenario.steps.end(),
                      [](const Step& step) { return step.action == Action::kSendUrgent; });
    return count == 0 || count == 50;
  };
  EXPECT_EQ(Smallest(text, none_or_all), "a connect\n");
}

TEST(ShrinkTest, RoundsAreLowered) {
  EXPECT_EQ(Smallest("rounds 9\na connect\n",
                     [](const Scenario& scenario) { return scenario.rounds >= 3; }),
            "rounds 3\na connect\n");
  EXPECT_EQ(Smallest("rounds 9\na connect\n", Always), "a connect\n");
}

TEST(ShrinkTest, AScheduleStays) {
  EXPECT_EQ(Smallest("schedule 7\nb connect\nb close\n", Always), "schedule 7\na connect\n");
}

TEST(ShrinkTest, AGroupGetsSmallerInAllItsSteps) {
  const auto same_group = [](const Scenario& scenario) {
    return scenario.steps.size() == 2 && scenario.steps[0].clients == scenario.steps[1].clients &&
           scenario.steps[0].clients.last - scenario.steps[0].clients.first >= 4;
  };
  EXPECT_EQ(Smallest("q[3..200] connect\nq[3..200] close\n", same_group),
            "a[1..5] connect\na[1..5] close\n");
}

TEST(ShrinkTest, AGroupGetsSmallerInOneStepAlone) {
  const auto five_connect = [](const Scenario& scenario) {
    return HasAction(Action::kClose)(scenario) && HasStep([](const Step& step) {
             return step.action == Action::kConnect && step.clients.last - step.clients.first >= 4;
           })(scenario);
  };
  EXPECT_EQ(Smallest("c[1..9] connect\nc[1..9] close\n", five_connect),
            "a[1..5] connect\na[1] close\n");
}

TEST(ShrinkTest, AGroupBecomesOneClientWithoutAnIndex) {
  EXPECT_EQ(Smallest("c[11..200] connect\neach c[11..200] close\n",
                     [](const Scenario& scenario) {
                       return HasAction(Action::kConnect)(scenario) &&
                              HasAction(Action::kClose)(scenario);
                     }),
            "a connect\na close\n");
}

TEST(ShrinkTest, OfAGroupTheMemberThatMattersIsKept) {
  const auto connected_and_reset = [](const Scenario& scenario) {
    const auto& steps = scenario.steps;
    return steps.size() == 2 && steps[1].action == Action::kReset &&
           steps[0].clients.letter == steps[1].clients.letter &&
           steps[0].clients.first <= steps[1].clients.first &&
           steps[0].clients.last >= steps[1].clients.last;
  };
  EXPECT_EQ(Smallest("c[1..9] connect\nc[5] reset\n", connected_and_reset), "a connect\na reset\n");
}

TEST(ShrinkTest, ClientsAreRenamedInOrderOfAppearance) {
  const auto two_clients = [](const Scenario& scenario) {
    return scenario.steps.size() == 4 && scenario.steps[0].clients == scenario.steps[2].clients &&
           scenario.steps[1].clients == scenario.steps[3].clients &&
           scenario.steps[0].clients != scenario.steps[1].clients &&
           scenario.steps[0].action == Action::kConnect &&
           scenario.steps[3].action == Action::kReset;
  };
  EXPECT_EQ(Smallest("z connect\nc[7] connect\nz close\nc[7] reset\n", two_clients),
            "a connect\nb connect\na close\nb reset\n");
}

TEST(ShrinkTest, NamesThatShareAClientKeepOneLetter) {
  const auto kept = [](const Scenario& scenario) {
    const auto& steps = scenario.steps;
    return steps.size() == 2 && steps[0].clients.last - steps[0].clients.first == 3 &&
           steps[1].clients.letter == steps[0].clients.letter &&
           steps[1].clients.first == steps[0].clients.first + 2;
  };
  EXPECT_EQ(Smallest("x[5..8] connect\nx[7] reset\n", kept), "a[1..4] connect\na[3] reset\n");

  // Two names that share clients only by way of a third.
  const auto chained = [](const Scenario& scenario) {
    const auto& steps = scenario.steps;
    return steps.size() == 3 && steps[0].clients.last - steps[0].clients.first == 2 &&
           steps[1].clients.first == steps[0].clients.first + 4 &&
           steps[1].clients.last == steps[1].clients.first + 2 &&
           steps[2].clients.first == steps[0].clients.first + 1 &&
           steps[2].clients.last == steps[1].clients.last - 1 &&
           std::all_of(steps.begin(), steps.end(), [&](const Step& step) {
             return step.clients.letter == steps[0].clients.letter;
           });
  };
  EXPECT_EQ(Smallest("x[3..5] connect\nx[7..9] connect\nx[4..8] close\n", chained),
            "a[1..3] connect\na[5..7] connect\na[2..6] close\n");
}

TEST(ShrinkTest, AndGoes) {
  EXPECT_EQ(Smallest("a connect\nand a send 1\n",
                     [](const Scenario& scenario) {
                       return HasAction(Action::kConnect)(scenario) &&
                              HasAction(Action::kSend)(scenario);
                     }),
            "a connect\na send 1B\n");
}

TEST(ShrinkTest, AndNeverStandsWhereItMayNot) {
  EXPECT_EQ(Smallest("a connect\nand a send 1\n", HasAction(Action::kSend)), "a send 1B\n");
  EXPECT_EQ(Smallest("a connect\na close\nand b connect\n",
                     [](const Scenario& scenario) {
                       return scenario.steps.size() > 1 &&
                              (scenario.steps.back().together || scenario.steps.size() > 2);
                     }),
            "a connect\nand b connect\n");
  EXPECT_EQ(Smallest("expect server running\na connect\nand a send 1\n",
                     [](const Scenario& scenario) {
                       return HasAction(Action::kExpectServerRunning)(scenario) &&
                              HasAction(Action::kSend)(scenario);
                     }),
            "expect server running\na send 1B\n");
}

TEST(ShrinkTest, EachGoes) {
  EXPECT_EQ(Smallest("each a[1..3] connect\n",
                     HasStep([](const Step& step) { return step.clients.last > 2; })),
            "a[1..3] connect\n");
}

TEST(ShrinkTest, APlacementGoes) {
  EXPECT_EQ(Smallest("a connect\nat recv 2 of a: a reset\n", HasAction(Action::kReset)),
            "a reset\n");
}

TEST(ShrinkTest, APlacementThatIsNeededGetsSimpler) {
  const auto placed = HasStep([](const Step& step) { return step.at && step.at->occurrence >= 3; });
  EXPECT_EQ(Smallest("a connect\nat recv 17 of b: a reset\n", placed), "at recv 3: a reset\n");
}

TEST(ShrinkTest, AFaultGetsSimpler) {
  EXPECT_EQ(Smallest("fault send of b short 700 after 9 times 50\n", HasAction(Action::kFault)),
            "fault send short 1 once\n");
  EXPECT_EQ(Smallest("fault accept EMFILE always\n", HasAction(Action::kFault)),
            "fault accept EMFILE once\n");
  const auto needed = HasStep([](const Step& step) {
    return step.action == Action::kFault && step.fault.after >= 2 && step.fault.times >= 4 &&
           step.fault.amount >= 3 && step.fault_client;
  });
  EXPECT_EQ(Smallest("fault send of k short 700 after 9 times 50\n", needed),
            "fault send of a short 3 after 2 times 4\n");
  EXPECT_EQ(Smallest("fault accept EMFILE always\n",
                     HasStep([](const Step& step) { return step.fault.times == kAlways; })),
            "fault accept EMFILE always\n");
}

TEST(ShrinkTest, SizesWaitsAndLimitsGetSmaller) {
  const auto sends = [](uint64_t least) {
    return HasStep(
        [least](const Step& step) { return step.action == Action::kSend && step.amount >= least; });
  };
  EXPECT_EQ(Smallest("a send 64KiB\n", sends(1)), "a send 1B\n");
  EXPECT_EQ(Smallest("a send 64KiB\n", sends(5)), "a send 5B\n");
  EXPECT_EQ(Smallest("a send 64KiB\n", sends(20'000)), "a send 32KiB\n");
  EXPECT_EQ(Smallest("wait 1h\n", HasStep([](const Step& step) {
                       return step.action == Action::kWait && step.amount > 9'000'000'000;
                     })),
            "wait 10s\n");
  EXPECT_EQ(Smallest("limit descriptors 9\n", HasAction(Action::kLimitDescriptors)),
            "limit descriptors 0\n");
  EXPECT_EQ(Smallest("a buffer 4KiB\n", HasAction(Action::kBuffer)), "a buffer 1B\n");
}

TEST(ShrinkTest, EqualAmountsAreLoweredTogether) {
  const auto equal = [](const Scenario& scenario) {
    return scenario.steps.size() == 2 && scenario.steps[0].action == Action::kSend &&
           scenario.steps[1].action == Action::kExpectReceived &&
           scenario.steps[0].amount == scenario.steps[1].amount && scenario.steps[0].amount >= 3;
  };
  EXPECT_EQ(Smallest("a send 64KiB\nexpect a received 64KiB\n", equal),
            "a send 3B\nexpect a received 3B\n");
}

TEST(ShrinkTest, ATextGetsShorterOrIsReplaced) {
  EXPECT_EQ(Smallest("a send \"GET / HTTP/1.0\\r\\n\\r\\n\"\n", HasStep([](const Step& step) {
                       return step.text.find("T") != std::string::npos &&
                              step.text.find("\n\r\n") != std::string::npos;
                     })),
            "a send \"T\\n\\r\\n\"\n");
  EXPECT_EQ(Smallest("a send \"GET\"\n", HasStep([](const Step& step) {
                       return step.action == Action::kSend || step.action == Action::kSendText;
                     })),
            "a send 1B\n");
}

TEST(ShrinkTest, AnActionGivesWayToAPlainerOne) {
  const auto sends = HasStep([](const Step& step) {
    return step.action == Action::kSend || step.action == Action::kRequest;
  });
  EXPECT_EQ(Smallest("a request 300\n", sends), "a send 1B\n");
  EXPECT_EQ(Smallest("a request 300\n", HasAction(Action::kRequest)), "a request\n");
  const auto reads = HasStep([](const Step& step) {
    return step.action == Action::kRead || step.action == Action::kReadAll;
  });
  EXPECT_EQ(Smallest("a read 300\n", reads), "a read all\n");
}

TEST(ShrinkTest, AnExpectationStaysAsItIsOrGoes) {
  const std::string expected = "expect a received 300B";
  EXPECT_EQ(Smallest("a connect\na send 300\nexpect a received 300\n", Has({expected})),
            expected + "\n");
}

TEST(ShrinkTest, OneChangeThatMakesRoomForAnotherIsFollowed) {
  // The steps before "close" can go only once the send is small, which it can be only in one round.
  const auto chain = [](const Scenario& scenario) {
    const bool small = std::all_of(scenario.steps.begin(), scenario.steps.end(), [](const Step& s) {
      return s.action != Action::kSend || s.amount == 1;
    });
    if (!HasAction(Action::kClose)(scenario)) return false;
    if (scenario.steps.size() < 3) return small && scenario.rounds == 1;
    return !small || scenario.rounds == 1;
  };
  EXPECT_EQ(Smallest("rounds 4\na connect\na send 9\na close\n", chain), "a close\n");
}

TEST(ShrinkTest, WhatIsSmallestStaysAsItIs) {
  const std::string text = "a connect\na send 1B\na reset\n";
  EXPECT_EQ(Smallest(text, Has({"a connect", "a send 1B", "a reset"})), text);
}

TEST(ShrinkTest, TheResultShrinksNoFurther) {
  const Predicate needed = HasStep([](const Step& step) { return step.at.has_value(); });
  const std::string once = Smallest(kLarge, needed);
  EXPECT_EQ(Smallest(once, needed), once);
}

TEST(ShrinkTest, TwiceTheSameIsTheSame) {
  const auto odd = [](const Scenario& scenario) {
    return std::hash<std::string>()(PrintScenario(scenario)) % 3 == 0;
  };
  EXPECT_EQ(Smallest(kLarge, odd), Smallest(kLarge, odd));
}

}  // namespace
}  // namespace hupstorm
