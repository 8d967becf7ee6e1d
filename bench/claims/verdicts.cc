#include "bench/claims/verdicts.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <optional>

#include "kernel/trace/symbols.h"
#include "target/reference/reference.h"

namespace hupstorm {
namespace {

using Kind = MultiplexerKind;

// A figure by the number of connections.
using Curve = std::map<int, double>;
using Costs = std::map<int, Turns>;

Costs CostsOf(const ClaimFigures& figures, Kind form, Load load) {
  Costs costs;
  for (const WaitFigure& each : figures.waits) {
    if (each.form == form && each.load == load) costs[each.connections] = each.cpu_ns;
  }
  return costs;
}

// With one connection active.
Curve CurveOf(const ClaimFigures& figures, Kind form, double (*value)(const WaitFigure&)) {
  Curve curve;
  for (const WaitFigure& each : figures.waits) {
    if (each.form == form && each.load == Load::kOne) curve[each.connections] = value(each);
  }
  return curve;
}
double CostOf(const WaitFigure& figure) { return SpreadOf(figure.cpu_ns).median; }

// The form that costs less; the one that was measured if the other was not.
const Turns& Cheaper(const Turns& one, const Turns& two) {
  if (one.empty() || two.empty()) return one.empty() ? two : one;
  return RatioOf(one, two).median < 1 ? one : two;
}

// What is said of a claim if `applies`.
struct Outcome {
  bool applies;
  Verdict verdict;
  std::string text;
};

// The first that applies.
void Conclude(Judgement& judged, const std::vector<Outcome>& outcomes) {
  const auto first = std::find_if(outcomes.begin(), outcomes.end(),
                                  [](const Outcome& outcome) { return outcome.applies; });
  judged.verdict = first->verdict;
  judged.text = first->text;
}

// How many times as much the last is as the first.
double Growth(const Curve& curve) { return curve.rbegin()->second / curve.begin()->second; }

std::string_view Who(Load load) { return load == Load::kTenth ? "a tenth" : LoadName(load); }

// The least number of connections from which on `is` holds for all that were measured.
std::optional<int> FromOn(const Curve& curve, const std::function<bool(int, double)>& is) {
  std::optional<int> from;
  for (auto it = curve.rbegin(); it != curve.rend() && is(it->first, it->second); ++it) {
    from = it->first;
  }
  return from;
}

// "poll 1.2 to 820 ns (x 683 from 1 to 10000)".
std::string GrowthText(Kind form, const Curve& curve, const char* unit) {
  return fmt::format("{} {} to {} {} (x {} from {} to {})", MultiplexerName(form),
                     Digits(curve.begin()->second), Digits(curve.rbegin()->second), unit,
                     Digits(Growth(curve)), curve.begin()->first, curve.rbegin()->first);
}

// A claim that select's and poll's figure grows with the connections while epoll's does not.
// `more`: "cost at least {} times what they cost", with a place for kGrown.
Judgement JudgeCurves(Judgement judged, const ClaimFigures& figures,
                      double (*value)(const WaitFigure&), const char* unit, const char* more) {
  judged.rule = fmt::format(
      "One connection is active. Holds where select and poll {} with the fewest connections, and "
      "epoll with the most at most {} times.",
      fmt::format(fmt::runtime(more), kGrown), kNotGrown);
  bool old_grow = true;
  bool any_old_grows = false;
  bool new_stays = true;
  int from = 0;
  for (const Kind form : kForms) {
    const Curve curve = CurveOf(figures, form, value);
    if (!judged.because.empty()) judged.because += "; ";
    judged.because += GrowthText(form, curve, unit);
    if (form == Kind::kEpollLevel || form == Kind::kEpollEdge) {
      new_stays = new_stays && Growth(curve) <= kNotGrown;
      continue;
    }
    const double first = curve.begin()->second;
    const std::optional<int> grown =
        FromOn(curve, [first](int, double figure) { return figure >= kGrown * first; });
    old_grow = old_grow && grown.has_value();
    any_old_grows = any_old_grows || grown.has_value();
    from = std::max(from, grown.value_or(0));
  }
  Conclude(judged, {{old_grow && new_stays, Verdict::kHolds,
                     fmt::format("holds from {} connections on", from)},
                    {!any_old_grows, Verdict::kFalse, "false: it does not grow"},
                    {new_stays, Verdict::kDepends, "depends: one of select and poll grows"},
                    {true, Verdict::kDepends, "depends: epoll grows too"}});
  return judged;
}

}  // namespace

Judgement JudgeGrowth(const ClaimFigures& figures) {
  return JudgeCurves(
      {.id = "cost-grows",
       .claim = "select and poll slow down with the number of descriptors, epoll does not",
       .documents = "001, 002, 004"},
      figures, CostOf, "ns", "cost at least {} times what they cost");
}

Judgement JudgeCopying(const ClaimFigures& figures) {
  return JudgeCurves(
      {.id = "copying-grows",
       .claim = "select and poll copy all descriptors in each call, ready or not",
       .documents = "001, 002"},
      figures, [](const WaitFigure& figure) { return figure.bytes; }, "bytes",
      "copy at least {} times the bytes that they copy");
}

Judgement JudgeSelectLimit(const ClaimFigures& figures) {
  const SelectLimit& limit = figures.select_limit;
  Judgement judged = {
      .id = "select-limit",
      .claim = "select ends at 1,024 descriptors",
      .documents = "001, 002",
      .because = fmt::format(
          "descriptor {} {}, {} {}; {} of {} clients are served by the server on select, {} by the "
          "one on poll; {}",
          limit.fd_setsize - 1, limit.takes_last ? "is watched" : "is refused", limit.fd_setsize,
          limit.takes_next ? "is watched" : "is refused", limit.served_by_select, limit.clients,
          limit.served_by_poll,
          limit.kernel_takes_next
              ? "the system call itself, given a longer set, reports a descriptor beyond: the "
                "limit is that of libc's fd_set, no kernel need be built anew"
              : "the system call refuses a longer set too"),
      .rule =
          "Holds where the reference's select takes descriptor FD_SETSIZE - 1 and refuses "
          "FD_SETSIZE, and its server serves fewer clients than the one on poll."};
  Conclude(judged,
           {{limit.takes_next || limit.served_by_select >= limit.clients, Verdict::kFalse, "false"},
            {limit.takes_last && limit.served_by_select < limit.served_by_poll, Verdict::kHolds,
             limit.kernel_takes_next ? "holds, for libc's fd_set" : "holds"},
            {true, Verdict::kDepends, "depends"}});
  return judged;
}

Judgement JudgeNoLimit(const ClaimFigures& figures) {
  int most = std::numeric_limits<int>::max();
  for (const Kind form : {Kind::kPoll, Kind::kEpollLevel, Kind::kEpollEdge}) {
    const Curve curve = CurveOf(figures, form, CostOf);
    most = std::min(most, curve.empty() ? 0 : curve.rbegin()->first);
  }
  Judgement judged = {
      .id = "no-limit",
      .claim = "poll and epoll have no such limit",
      .documents = "001, 002",
      .because = fmt::format(
          "{} connections watched by poll and by epoll; what ends them is RLIMIT_NOFILE (poll: "
          "EINVAL beyond it) and, for epoll, fs.epoll.max_user_watches (ENOSPC)",
          most),
      .rule = "Holds where both watch descriptor FD_SETSIZE, and more connections than that."};
  Conclude(judged, {{!figures.select_limit.others_take_next, Verdict::kFalse, "false"},
                    {most > figures.select_limit.fd_setsize, Verdict::kHolds,
                     fmt::format("holds, up to {} tried", most)},
                    {true, Verdict::kDepends,
                     fmt::format("not shown: only {} connections were tried", most)}});
  return judged;
}

Judgement JudgeEdgeTriggered(const ClaimFigures& figures) {
  Judgement judged = {
      .id = "edge-triggered",
      .claim = "edge triggering is faster, in theory",
      .documents = "001",
      .rule = fmt::format("CPU time, edge- to level-triggered; faster is below {}. Holds where the "
                          "whole server is faster at each load; depends where it is so at some, or "
                          "where the waits alone are (the median over the numbers of connections "
                          "of one load); false otherwise.",
                          1 - kDifferent)};
  bool waits_faster = false;
  judged.because = "the waits alone:";
  for (const Load load : kLoads) {
    const auto level = CostsOf(figures, Kind::kEpollLevel, load);
    if (level.empty()) continue;
    std::vector<double> times;
    for (const auto& [connections, costs] : CostsOf(figures, Kind::kEpollEdge, load)) {
      times.push_back(RatioOf(costs, level.at(connections)).median);
    }
    const Spread ratio = SpreadOf(times);
    waits_faster = waits_faster || ratio.median < 1 - kDifferent;
    judged.because += fmt::format("{} {:.2f} times the time ({:.2f} to {:.2f}) with {} active",
                                  load == Load::kOne ? "" : ",", ratio.median, ratio.least,
                                  ratio.most, Who(load));
  }
  int faster = 0;
  int loads = 0;
  for (const EchoFigure& edge : figures.echoes) {
    if (edge.form != Kind::kEpollEdge) continue;
    for (const EchoFigure& level : figures.echoes) {
      if (level.form != Kind::kEpollLevel || level.clients != edge.clients ||
          level.active != edge.active) {
        continue;
      }
      const double times = RatioOf(edge.cpu_ns, level.cpu_ns).median;
      faster += times < 1 - kDifferent;
      ++loads;
      judged.because += fmt::format(
          "; the server, {} of {} active: {:.2f} times the time, {:.3g} calls per echo to {:.3g}",
          edge.active, edge.clients, times, edge.calls, level.calls);
    }
  }
  Conclude(judged, {{faster > 0 && faster == loads, Verdict::kHolds, "holds"},
                    {faster > 0, Verdict::kDepends,
                     fmt::format("depends: the server is faster at {} of {} loads", faster, loads)},
                    {waits_faster, Verdict::kDepends,
                     "depends: the wait is faster, the whole server is not"},
                    {true, Verdict::kFalse, "false"}});
  return judged;
}

Judgement JudgeEpollNotAlwaysBetter(const ClaimFigures& figures) {
  Judgement judged = {
      .id = "epoll-not-always-better",
      .claim = "epoll is not always better than select and poll; it is with many connections",
      .documents = "002",
      .rule =
          "Level-triggered epoll against the cheaper of select and poll, per event. "
          "Better or worse is a difference of more than a tenth. Holds where epoll "
          "is worse somewhere or no better, and better from some number on."};
  bool not_better = false;
  bool better_from = false;
  std::string where;
  for (const Load load : kLoads) {
    const auto epoll = CostsOf(figures, Kind::kEpollLevel, load);
    if (epoll.empty()) continue;
    auto select = CostsOf(figures, Kind::kSelect, load);
    auto poll = CostsOf(figures, Kind::kPoll, load);
    Curve ratio;
    for (const auto& [connections, costs] : epoll) {
      ratio[connections] = RatioOf(costs, Cheaper(select[connections], poll[connections])).median;
    }
    const auto better = [](int, double figure) { return figure < 1 - kDifferent; };
    const std::optional<int> from = FromOn(ratio, better);
    better_from = better_from || from.has_value();
    not_better = not_better || from != ratio.begin()->first;
    const std::string at =
        from.has_value() ? fmt::format("from {} on", *from) : std::string("nowhere");
    const std::string active = fmt::format("{} active", Who(load));
    where += fmt::format("{}{} with {}", where.empty() ? "" : ", ", at, active);
    if (!judged.because.empty()) judged.because += "; ";
    judged.because += fmt::format("{}: epoll is better {} (x {} with {}, x {} with {})", active, at,
                                  Digits(ratio.begin()->second), ratio.begin()->first,
                                  Digits(ratio.rbegin()->second), ratio.rbegin()->first);
  }
  Conclude(judged, {{not_better && better_from, Verdict::kHolds, "holds; better " + where},
                    {better_from, Verdict::kFalse, "false: epoll is always better"},
                    {true, Verdict::kDepends, "depends: epoll is nowhere better"}});
  return judged;
}

Judgement JudgeSharedMemory(const ClaimFigures& figures) {
  const EpollMemory& memory = figures.epoll_memory;
  Judgement judged = {
      .id = "shared-memory",
      .claim = "epoll shares memory with the kernel (mmap), so that nothing is copied",
      .documents = "001, 002, 004",
      .because = fmt::format(
          "mmap of an epoll descriptor: {}; the process's mappings {} by epoll_create1, epoll_ctl "
          "and epoll_wait; an event {} the caller's array before epoll_wait, which writes {} bytes "
          "for it",
          memory.mmap_error == 0 ? "succeeds" : ErrorName(memory.mmap_error),
          memory.maps_changed ? "are changed" : "are not changed",
          memory.array_changed_by_event ? "changes" : "does not change",
          memory.bytes_written_by_wait),
      .rule =
          "False where mmap fails, no mapping is made, and the array changes in the call only."};
  const int shared = (memory.mmap_error == 0) + memory.maps_changed + memory.array_changed_by_event;
  Conclude(judged, {{shared == 0, Verdict::kFalse, "false"},
                    {shared == 3, Verdict::kHolds, "holds"},
                    {true, Verdict::kDepends, "depends"}});
  return judged;
}

std::vector<Judgement> JudgeClaims(const ClaimFigures& figures) {
  return {JudgeGrowth(figures),        JudgeCopying(figures),
          JudgeSelectLimit(figures),   JudgeNoLimit(figures),
          JudgeEdgeTriggered(figures), JudgeEpollNotAlwaysBetter(figures),
          JudgeSharedMemory(figures)};
}

}  // namespace hupstorm
