#include "conform/shrinker.h"

#include <algorithm>

namespace hupstorm::conform {
namespace {

class Shrinker {
 public:
  Shrinker(Runner& runner, const Program& program, const Mismatch& mismatch, bool patiently)
      : runner_(runner), best_{program, mismatch}, patiently_(patiently) {}

  Shrunk Run() {
    CutTail();
    bool smaller = true;
    while (smaller) {
      smaller = RemoveOperations();
      smaller = Simplify() || smaller;
    }
    return best_;
  }

 private:
  void CutTail() { best_.program.operations.resize(best_.mismatch.operation + 1); }

  bool Try(Program candidate) {
    const RunResult result = runner_.Run(candidate, patiently_);
    if (!result.mismatch || result.mismatch->kind != best_.mismatch.kind) return false;
    best_ = {std::move(candidate), *result.mismatch};
    CutTail();
    return true;
  }

  // From the end, where removals leave what comes before as it was.
  bool RemoveOperations() {
    bool smaller = false;
    for (size_t step = std::max<size_t>(best_.program.operations.size() / 2, 1);; step /= 2) {
      for (size_t end = best_.program.operations.size(); end > 0;) {
        const size_t first = end > step ? end - step : 0;
        Program candidate = best_.program;
        const auto begin = candidate.operations.begin();
        candidate.operations.erase(begin + static_cast<ptrdiff_t>(first),
                                   begin + static_cast<ptrdiff_t>(end));
        if (Try(std::move(candidate))) smaller = true;
        end = std::min(first, best_.program.operations.size());
      }
      if (step == 1) return smaller;
    }
  }

  template <typename Change>
  bool ChangeOne(size_t index, Change change) {
    if (index >= best_.program.operations.size()) return false;
    Program candidate = best_.program;
    change(candidate.operations[index]);
    if (candidate.operations[index] == best_.program.operations[index]) return false;
    return Try(std::move(candidate));
  }

  bool Simplify() {
    bool smaller = false;
    for (size_t i = 0; i < best_.program.operations.size(); ++i) {
      const Operation op = best_.program.operations[i];
      if (IsSend(op.code) || IsReceive(op.code)) {
        for (const int size : {0, 1, 2, op.size / 2, op.size - 1}) {
          smaller |= ChangeOne(i, [size](Operation& it) {
            if (size >= 0 && size < it.size) it.size = size;
          });
        }
      }
      if (op.code != Code::kSetOption && op.code != Code::kGetOption &&
          op.code != Code::kShutdown) {
        for (int bit = 0; bit < 32; ++bit) {
          smaller |= ChangeOne(i, [bit](Operation& it) { it.flags &= ~(1u << bit); });
        }
      }
      for (int watched = op.watched_count - 1; watched >= 0; --watched) {
        smaller |= ChangeOne(i, [watched](Operation& it) {
          for (int j = watched; j + 1 < it.watched_count; ++j) {
            it.watched[static_cast<size_t>(j)] = it.watched[static_cast<size_t>(j) + 1];
          }
          it.watched[--it.watched_count] = {};
        });
      }
    }
    return smaller;
  }

  Runner& runner_;
  Shrunk best_;
  bool patiently_;
};

}  // namespace

Shrunk Shrink(Runner& runner, const Program& program, const Mismatch& mismatch) {
  Shrunk shrunk = Shrinker(runner, program, mismatch, false).Run();
  RunResult confirmed = runner.Run(shrunk.program, true);
  if (!confirmed.mismatch || confirmed.mismatch->kind != mismatch.kind) {
    shrunk = Shrinker(runner, program, mismatch, true).Run();
  }
  shrunk.steps.resize(shrunk.program.operations.size());
  confirmed = runner.Run(shrunk.program, true,
                         [&shrunk](const Program&, size_t operation, const Outcome& host,
                                   const std::vector<Seen>& readiness) {
                           shrunk.steps[operation] = {true, host, readiness};
                         });
  if (confirmed.mismatch && confirmed.mismatch->kind == mismatch.kind) {
    shrunk.mismatch = *confirmed.mismatch;
  }
  return shrunk;
}

}  // namespace hupstorm::conform
