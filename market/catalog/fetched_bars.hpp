// Bars that came from a source far away, kept as a catalog on disk, so that a restart fetches only
// what is missing.
//
// One object is one kind of bars (daily or minutes, raw or adjusted, one calendar) in one folder:
// SYMBOL.csv as bar_reader.hpp reads it, and beside it SYMBOL.fetched, the spans of bar starts that
// were fetched whole. What is missing is what was asked for, less those spans, where the calendar
// has a session: a quiet minute is no gap, a session that was never fetched is one. Bars count as
// final when they ended kSettlingTime ago (late trades revise the newest); those after that are
// fetched each time and never kept. An adjusted series changes as a whole with each split and
// dividend: the newest kept bar is fetched again, and where it differs the series begins anew.
//
// Files appear complete or not at all, bars before their span: a kill costs a fetch, never a bar. A
// damaged file is reported to `log` and fetched anew. Blocking; one owner, one thread at a time;
// two processes never share a folder. Errors: what `fetch` throws, with what it had brought before
// kept; Error (usage) where the folder cannot be written. Source: contract 9 (Connections), broker
// protocol 3.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "market/calendar.hpp"
#include "messages/bar.hpp"

namespace tradewind::market {

constexpr std::int64_t kSettlingTime = 20 * kMinute;

// Bar starts in [from, to).
struct FetchSpan {
    Timestamp from;
    Timestamp to;
    friend bool operator==(const FetchSpan&, const FetchSpan&) = default;
};

struct FetchedKind {
    TradingCalendar calendar = TradingCalendar::nyse;
    bool daily = false;  // else minutes
    bool adjusted = false;
};

class FetchedBars {
  public:
    using Bars = std::map<Symbol, std::vector<Bar>>;
    // All bars of these symbols that start in the span, ascending, placed in time as
    // messages/bar.hpp says; symbols without any may be absent. Throws when it cannot bring all of
    // them.
    using Fetch = std::function<Bars(const std::vector<Symbol>& symbols, FetchSpan span)>;

    FetchedBars(std::filesystem::path folder, FetchedKind kind,
                std::function<void(const std::string&)> log = {});

    // The bars of the symbols that start in `span` and have ended at `now`: from disk, and by
    // `fetch` what is missing there, symbols with the same gap together.
    [[nodiscard]] Bars bars(const std::vector<Symbol>& symbols, FetchSpan span, Timestamp now,
                            const Fetch& fetch);
    // What of `span` would be fetched for the symbol, ascending.
    [[nodiscard]] std::vector<FetchSpan> missing(const Symbol& symbol, FetchSpan span);

  private:
    struct Kept {
        std::vector<Bar> bars;         // ascending starts
        std::vector<FetchSpan> spans;  // ascending, apart
    };
    Kept& kept(const Symbol& symbol);
    [[nodiscard]] std::filesystem::path file(const Symbol& symbol, const char* extension) const;
    [[nodiscard]] bool has_session(FetchSpan span) const;
    [[nodiscard]] bool contradicts(const Kept& known, const std::vector<Bar>& fetched) const;
    void keep(const Symbol& symbol, FetchSpan span, const std::vector<Bar>& fetched,
              Timestamp final_until);
    [[nodiscard]] Timestamp final_start(Timestamp now) const;
    void forget(const Symbol& symbol);
    void store(const Symbol& symbol, const Kept& known) const;
    void fetch_missing(const std::vector<Symbol>& symbols, FetchSpan span, Timestamp now,
                       const Fetch& fetch, Bars& newest, std::vector<Symbol>& begun_anew);

    std::filesystem::path folder_;
    FetchedKind kind_;
    std::function<void(const std::string&)> log_;
    std::map<Symbol, Kept> kept_;  // what has been read from disk
};

}  // namespace tradewind::market
