// What the trading cycle remembers beyond its picks: which passes ran, how days ended, what is
// suspended, what is being probed, how often a symbol was entered today.
//
// A plain value with one owner, the portfolio stage, which keeps its text as one plan of the event
// store: each change is a new record there, never a read and a write back of a file (H37). text()
// is canonical: equal values give equal bytes. Pure. Errors: parse() throws Error (corrupt) naming
// the line. Source: strategies spec 1.5, 4.4, 4.6, 4.10.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>

#include "messages/analysis_row.hpp"
#include "messages/order.hpp"
#include "strategy/pass_schedule.hpp"
#include "strategy/probe.hpp"
#include "strategy/rejections.hpp"
#include "strategy/risk_rules.hpp"

namespace tradewind::strategy {

struct CycleState {
    using ProbeKey = std::tuple<Symbol, Side, StrategyKind>;

    PassLog passes;
    DayPnlState days;
    std::optional<Money> day_equity;  // with which the account's day under way began
    std::map<Symbol, std::set<StrategyKind>> suspended;  // by drawdown; only where not empty
    std::optional<Date> entries_day;
    std::map<Symbol, std::uint32_t> entries;  // ordered on that day
    std::map<ProbeKey, ProbeRecord> probes;   // only where not idle
    RejectionStreak rejections;               // of passes that picked nothing (I-30)

    // Exchange day `day` ended with this equity: it is judged by what it made of the equity that it
    // began with (spec 1.5).
    void end_day(Date day, Money equity);
    // Of `today`; empty on another day.
    [[nodiscard]] const std::map<Symbol, std::uint32_t>& entries_on(Date today);
    void count_entry(Symbol symbol, Date today);
    void set_suspended(Symbol symbol, std::set<StrategyKind> kinds);
    [[nodiscard]] ProbeRecord probe(const ProbeKey& key) const;
    void set_probe(const ProbeKey& key, const ProbeRecord& record);

    [[nodiscard]] std::string text() const;
    [[nodiscard]] static CycleState parse(const std::string& text);
};

}  // namespace tradewind::strategy
