#include <fmt/format.h>

#include <functional>
#include <map>
#include <string>

#include "bench/claims/verdicts.h"
#include "kernel/trace/symbols.h"
#include "target/reference/reference.h"

namespace hupstorm {
namespace {

std::string Name(MultiplexerKind form) { return std::string(MultiplexerName(form)); }

BenchTable ClaimsTable(const std::vector<Judgement>& judgements) {
  BenchTable table = {.title = "What the documents claim",
                      .header = {"claim", "documents", "verdict"}};
  for (const Judgement& each : judgements) {
    table.rows.push_back({each.claim, each.documents, each.text});
    table.notes.push_back(fmt::format("{}: {}. {}", each.claim, each.because, each.rule));
  }
  table.notes.emplace_back(
      "In Linux's source, ep_send_events() in fs/eventpoll.c has epoll_put_uevent() "
      "(include/linux/eventpoll.h) write each event to the caller's array, and eventpoll_fops has "
      "no mmap, so that do_mmap() answers ENODEV. The claim was true of one development kernel: in "
      "Linux 2.5.45 of October 2002, sys_epoll_create() in drivers/char/eventpoll.c mapped a "
      "buffer of events into the process (mmap_eventpoll()). The patch \"total-epoll r2\" of its "
      "author, Davide Libenzi, of 2 November 2002, took that out.");
  return table;
}

// One row for each number of connections, one column for each form.
BenchTable WaitTable(const ClaimFigures& figures, Load load, const char* what,
                     const std::function<std::string(const WaitFigure&)>& cell) {
  constexpr const char* kTitles[] = {"one connection active: it sleeps until a byte comes",
                                     "a tenth active: their bytes are there",
                                     "all active: their bytes are there"};
  BenchTable table = {.title = fmt::format("{}; {}", what, kTitles[static_cast<int>(load)]),
                      .header = {"connections", "active"}};
  for (const MultiplexerKind form : kForms) table.header.push_back(Name(form));
  std::map<int, std::map<MultiplexerKind, std::string>> rows;
  for (const WaitFigure& each : figures.waits) {
    if (each.load == load) rows[each.connections][each.form] = cell(each);
  }
  for (auto& [connections, forms] : rows) {
    auto& row = table.rows.emplace_back();
    row = {std::to_string(connections), std::to_string(ActiveOf(load, connections))};
    for (const MultiplexerKind form : kForms) {
      row.push_back(forms.contains(form) ? forms.at(form) : "refused");
    }
  }
  return table;
}

Spread CostOf(const WaitFigure& figure) { return SpreadOf(figure.cpu_ns); }
std::string CostText(const WaitFigure& figure) { return SpreadText(CostOf(figure)); }
std::string CopyText(const WaitFigure& figure) {
  return fmt::format("{} / {}", Digits(figure.waits), Digits(figure.bytes));
}
Spread BytesOf(const WaitFigure& figure) { return {figure.bytes, figure.bytes, figure.bytes}; }

BenchTable EchoTable(const ClaimFigures& figures) {
  BenchTable table = {
      .title = "The whole server: CPU time, calls and waits per echo of 64 bytes",
      .header = {"clients", "active", "form", "CPU ns", "calls", "waits"},
      .notes = {
          "CPU time of the server's process, TCP included. Calls are all system calls that it "
          "makes. A read that came short says that nothing is left: edge-triggered too, as the "
          "reference asks for EPOLLRDHUP and EPOLLPRI. A server that does not must read on until "
          "recv finds nothing (epoll(7)), which is a call more for each echo."}};
  for (const EchoFigure& each : figures.echoes) {
    table.rows.push_back({std::to_string(each.clients), std::to_string(each.active),
                          Name(each.form), SpreadText(SpreadOf(each.cpu_ns)), Digits(each.calls),
                          Digits(each.waits)});
  }
  return table;
}

Plot WaitPlot(const ClaimFigures& figures, Load load, const char* file, const char* title,
              const char* y_label, Spread (*y)(const WaitFigure&)) {
  Plot plot = {.file = file,
               .title = title,
               .x_label = "connections watched",
               .y_label = y_label,
               .log_y = true};
  for (const MultiplexerKind form : kForms) {
    PlotSeries& series = plot.series.emplace_back(PlotSeries{.name = Name(form)});
    for (const WaitFigure& each : figures.waits) {
      if (each.load != load || each.form != form) continue;
      series.points.push_back({each.connections, y(each)});
    }
  }
  return plot;
}

Json FiguresJson(const ClaimFigures& figures, const std::vector<Judgement>& judgements,
                 int wanted) {
  Json claims = Json::array();
  for (const Judgement& each : judgements) {
    constexpr const char* kVerdicts[] = {"holds", "depends", "false"};
    claims.push_back({{"id", each.id},
                      {"claim", each.claim},
                      {"documents", each.documents},
                      {"verdict", kVerdicts[static_cast<int>(each.verdict)]},
                      {"text", each.text},
                      {"because", each.because},
                      {"rule", each.rule}});
  }
  Json waits = Json::array();
  for (const WaitFigure& each : figures.waits) {
    waits.push_back({{"form", Name(each.form)},
                     {"connections", each.connections},
                     {"load", LoadName(each.load)},
                     {"active", each.active},
                     {"cpu_ns_per_event", SpreadJson(SpreadOf(each.cpu_ns))},
                     {"waits_per_event", each.waits},
                     {"bytes_per_event", each.bytes},
                     {"bytes_in", each.copied.in},
                     {"bytes_out", each.copied.out}});
  }
  Json echoes = Json::array();
  for (const EchoFigure& each : figures.echoes) {
    echoes.push_back({{"form", Name(each.form)},
                      {"clients", each.clients},
                      {"active", each.active},
                      {"cpu_ns_per_echo", SpreadJson(SpreadOf(each.cpu_ns))},
                      {"calls_per_echo", each.calls},
                      {"waits_per_echo", each.waits}});
  }
  const SelectLimit& limit = figures.select_limit;
  const EpollMemory& memory = figures.epoll_memory;
  return {{"claims", claims},
          {"connections", {{"wanted", wanted}, {"had", figures.connections}}},
          {"waits", waits},
          {"echoes", echoes},
          {"select_limit",
           {{"fd_setsize", limit.fd_setsize},
            {"takes_last", limit.takes_last},
            {"takes_next", limit.takes_next},
            {"poll_and_epoll_take_next", limit.others_take_next},
            {"system_call_takes_next", limit.kernel_takes_next},
            {"clients", limit.clients},
            {"served_by_select", limit.served_by_select},
            {"served_by_poll", limit.served_by_poll}}},
          {"epoll_memory",
           {{"mmap_error", memory.mmap_error == 0 ? "" : ErrorName(memory.mmap_error)},
            {"maps_changed", memory.maps_changed},
            {"array_changed_by_event", memory.array_changed_by_event},
            {"bytes_written_by_wait", memory.bytes_written_by_wait}}}};
}

}  // namespace

BenchReport ClaimsReport(const ClaimFigures& figures, int wanted) {
  const std::vector<Judgement> judgements = JudgeClaims(figures);
  BenchReport report = {.name = "claims",
                        .title = "What the documents claim of select, poll and epoll",
                        .tables = {ClaimsTable(judgements)},
                        .figures = FiguresJson(figures, judgements, wanted)};
  if (figures.connections < wanted) {
    report.tables[0].notes.push_back(
        fmt::format("Only {} of {} connections could be had: the limit of descriptors (ulimit -n) "
                    "allows no more.",
                    figures.connections, wanted));
  }
  for (const Load load : kLoads) {
    report.tables.push_back(
        WaitTable(figures, load, "CPU time of the waits per event, ns", CostText));
  }
  report.tables.back().notes.emplace_back(
      "CPU time of the thread around the reference's Multiplexer::Wait, without what the clock "
      "itself takes: the median of the rounds, and of the repeats. The forms are measured in turn. "
      "select has no room for descriptors from FD_SETSIZE on.");
  for (const Load load : {Load::kOne, Load::kAll}) {
    report.tables.push_back(
        WaitTable(figures, load, "Waits per event / bytes copied per event", CopyText));
  }
  report.tables.back().notes.emplace_back(
      "Counted: each call's arguments and result, by what core_sys_select(), do_sys_poll() and "
      "epoll_put_uevent() copy. To watch a connection costs epoll one epoll_ctl and 12 bytes, "
      "once; select and poll no call, but all of it at each wait.");
  report.tables.push_back(EchoTable(figures));
  report.plots = {
      WaitPlot(figures, Load::kOne, "claims-cost-one-active",
               "CPU time per event, one connection active", "ns per event", CostOf),
      WaitPlot(figures, Load::kAll, "claims-cost-all-active",
               "CPU time per event, all connections active", "ns per event", CostOf),
      WaitPlot(figures, Load::kOne, "claims-bytes-one-active",
               "Bytes copied per event, one connection active", "bytes per event", BytesOf)};
  return report;
}

}  // namespace hupstorm
