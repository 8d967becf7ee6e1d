// What the figures say of each claim of the documents. The rules are stated beside the verdicts, so
// that a reader can hold the figures against them.

#ifndef HUPSTORM_BENCH_CLAIMS_VERDICTS_H_
#define HUPSTORM_BENCH_CLAIMS_VERDICTS_H_

#include <string>
#include <vector>

#include "bench/bench_report.h"
#include "bench/claims/wait_rounds.h"
#include "bench/claims/witnesses.h"
#include "target/reference/multiplexer.h"

namespace hupstorm {

// One form of the reference, so many connections watched, so many of them active.
struct WaitFigure {
  MultiplexerKind form = MultiplexerKind::kSelect;
  int connections = 0;
  Load load = Load::kOne;
  int active = 0;
  Turns cpu_ns = {};        // per event
  double waits = 0;         // per event
  CopiedBytes copied = {};  // in all
  double bytes = 0;         // copied per event
};

// The whole server: so many clients, so many of them sending.
struct EchoFigure {
  MultiplexerKind form = MultiplexerKind::kSelect;
  int clients = 0;
  int active = 0;
  Turns cpu_ns = {};  // of the server's process, per echo
  double calls = 0;   // of the server, per echo
  double waits = 0;   // of those
};

struct ClaimFigures {
  std::vector<WaitFigure> waits;
  std::vector<EchoFigure> echoes;
  SelectLimit select_limit;
  EpollMemory epoll_memory;
  int connections = 0;  // that could be had at most
};

enum class Verdict { kHolds, kDepends, kFalse };

struct Judgement {
  std::string id;         // "cost-grows", in JSON
  std::string claim;      // of the documents, in our words
  std::string documents;  // "001, 004"
  Verdict verdict = Verdict::kDepends;
  std::string text = {};     // "holds from 30 connections on"
  std::string because = {};  // the figures
  std::string rule = {};
};

// The rules' numbers.
inline constexpr double kGrown = 2;        // so many times as much is more
inline constexpr double kNotGrown = 1.5;   // up to so many times as much is as much as before
inline constexpr double kDifferent = 0.1;  // within a tenth of each other two costs are the same

// Each takes what it needs from the figures, which hold at least one connection count for each form
// and load "one".
Judgement JudgeGrowth(const ClaimFigures& figures);
Judgement JudgeCopying(const ClaimFigures& figures);
Judgement JudgeSelectLimit(const ClaimFigures& figures);
Judgement JudgeNoLimit(const ClaimFigures& figures);
Judgement JudgeEdgeTriggered(const ClaimFigures& figures);
Judgement JudgeEpollNotAlwaysBetter(const ClaimFigures& figures);
Judgement JudgeSharedMemory(const ClaimFigures& figures);

// All of them, in this order.
std::vector<Judgement> JudgeClaims(const ClaimFigures& figures);

// The figures and the judgements as tables, plots and JSON: all but BenchReport::seconds.
// `wanted`: as many connections as there should have been.
BenchReport ClaimsReport(const ClaimFigures& figures, int wanted);

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_CLAIMS_VERDICTS_H_
