#include "market/catalog/fetched_bars.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

#include "market/catalog/bar_reader.hpp"
#include "market/catalog/bar_writer.hpp"
#include "market/catalog/file_output.hpp"
#include "messages/error.hpp"

namespace tradewind::market {
namespace {

bool starts_before(const Bar& bar, Timestamp time) {
    return bar.start < time;
}

// Adds a span to an ascending list and joins what touches.
void add_span(std::vector<FetchSpan>& spans, FetchSpan added) {
    if (added.from >= added.to) return;
    std::vector<FetchSpan> joined;
    for (const auto& span : spans) {
        if (span.to < added.from || added.to < span.from) {
            joined.push_back(span);
        } else {
            added = {std::min(span.from, added.from), std::max(span.to, added.to)};
        }
    }
    const auto place = std::find_if(joined.begin(), joined.end(),
                                    [&](const FetchSpan& span) { return added.to < span.from; });
    joined.insert(place, added);
    spans = std::move(joined);
}

// Lines `FROM TO`; empty: damaged.
std::optional<std::vector<FetchSpan>> read_spans(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::vector<FetchSpan> spans;
    std::string from;
    std::string to;
    while (in >> from >> to) {
        const auto first = parse_time(from);
        const auto last = parse_time(to);
        if (!first || !last || *first >= *last) return std::nullopt;
        if (!spans.empty() && *first <= spans.back().to) return std::nullopt;
        spans.push_back({*first, *last});
    }
    if (!in.eof() || spans.empty()) return std::nullopt;
    return spans;
}

bool same_prices(const Bar& a, const Bar& b) {
    return a.open == b.open && a.high == b.high && a.low == b.low && a.close == b.close;
}

}  // namespace

FetchedBars::FetchedBars(std::filesystem::path folder, FetchedKind kind,
                         std::function<void(const std::string&)> log)
    : folder_(std::move(folder)), kind_(kind), log_(std::move(log)) {}

std::filesystem::path FetchedBars::file(const Symbol& symbol, const char* extension) const {
    return folder_ / (symbol.to_string() + extension);
}

FetchedBars::Kept& FetchedBars::kept(const Symbol& symbol) {
    const auto [found, fresh] = kept_.try_emplace(symbol);
    auto& known = found->second;
    const auto spans_file = file(symbol, ".fetched");
    if (!fresh || !std::filesystem::exists(spans_file)) return known;
    std::string fault = spans_file.string() + " does not hold spans of time";
    if (auto spans = read_spans(spans_file)) {
        fault.clear();
        const auto bars_file = file(symbol, ".csv");
        try {
            // A span may be without a bar; then there is no file.
            if (std::filesystem::exists(bars_file)) {
                ReadOptions options;
                options.interval_ns = kind_.daily ? kDay : kMinute;
                options.hash_files = false;
                const bool coin = kind_.calendar == TradingCalendar::utc_days;
                options.instruments.set(
                    default_instrument(symbol, coin ? AssetClass::crypto : AssetClass::us_equity));
                known.bars = read_catalog({bars_file.string()}, options).series.at(0)->bars;
            }
            known.spans = std::move(*spans);
        } catch (const Error& damaged) {
            fault = damaged.what();
        }
    }
    if (!fault.empty()) {
        known = {};
        if (log_) log_("fetched bars of " + symbol.to_string() + " are fetched anew: " + fault);
    }
    return known;
}

bool FetchedBars::has_session(FetchSpan span) const {
    auto date = exchange_date(kind_.calendar, span.from);
    const auto last = exchange_date(kind_.calendar, span.to);
    for (; date <= last; date = date + 1) {
        const auto session = session_on(kind_.calendar, date);
        if (!session || session->open >= span.to) continue;
        // A daily bar starts with its session, a minute anywhere in it.
        if (kind_.daily ? session->open >= span.from : session->close > span.from) return true;
    }
    return false;
}

std::vector<FetchSpan> FetchedBars::missing(const Symbol& symbol, FetchSpan span) {
    std::vector<FetchSpan> gaps;
    const auto& known = kept(symbol);
    auto from = span.from;
    const auto add = [&](Timestamp begin, Timestamp end) {
        if (begin < end && has_session({begin, end})) gaps.push_back({begin, end});
    };
    for (const auto& have : known.spans) {
        if (have.to <= from) continue;
        if (have.from >= span.to) break;
        add(from, have.from);
        from = have.to;
    }
    add(from, span.to);
    if (!kind_.adjusted || gaps.empty() || known.bars.empty()) return gaps;
    // The newest kept bar comes along, to be compared.
    const auto newest = known.bars.back().start;
    auto& last = gaps.back();
    if (newest < last.from) {
        last.from = newest;
    } else {
        gaps.push_back({newest, {newest.ns + 1}});
    }
    return gaps;
}

bool FetchedBars::contradicts(const Kept& known, const std::vector<Bar>& fetched) const {
    if (!kind_.adjusted) return false;
    for (const auto& bar : fetched) {
        const auto same =
            std::lower_bound(known.bars.begin(), known.bars.end(), bar.start, starts_before);
        if (same != known.bars.end() && same->start == bar.start && !same_prices(*same, bar)) {
            return true;
        }
    }
    return false;
}

// Bars that start before this are final at `now`.
Timestamp FetchedBars::final_start(Timestamp now) const {
    const Timestamp settled{now.ns - kSettlingTime};
    if (kind_.daily) return last_ended_session(kind_.calendar, settled).close;
    return {settled.ns - settled.ns % kMinute};
}

void FetchedBars::keep(const Symbol& symbol, FetchSpan span, const std::vector<Bar>& fetched,
                       Timestamp final_until) {
    auto& known = kept(symbol);
    span.to = std::min(span.to, final_until);
    if (span.from >= span.to) return;
    std::vector<Bar> merged;
    const auto begin =
        std::lower_bound(known.bars.begin(), known.bars.end(), span.from, starts_before);
    merged.assign(known.bars.begin(), begin);
    for (const auto& bar : fetched) {
        if (bar.start >= span.from && bar.start < span.to) merged.push_back(bar);
    }
    merged.insert(merged.end(), std::lower_bound(begin, known.bars.end(), span.to, starts_before),
                  known.bars.end());
    known.bars = std::move(merged);
    add_span(known.spans, span);
    store(symbol, known);
}

void FetchedBars::forget(const Symbol& symbol) {
    std::error_code ignored;
    std::filesystem::remove(file(symbol, ".fetched"), ignored);
    std::filesystem::remove(file(symbol, ".csv"), ignored);
    kept_[symbol] = {};
}

void FetchedBars::store(const Symbol& symbol, const Kept& known) const {
    std::error_code code;
    std::filesystem::create_directories(folder_, code);
    if (!known.bars.empty()) {
        BarSeries series;
        series.symbol = symbol;
        series.interval_ns = kind_.daily ? kDay : kMinute;
        series.daily = kind_.daily;
        series.adjusted = kind_.adjusted;
        series.bars = known.bars;
        write_csv(series, kind_.calendar, file(symbol, ".csv").string());
    }
    std::string text;
    for (const auto& span : known.spans) {
        text += format_time(span.from) + " " + format_time(span.to) + "\n";
    }
    write_whole_file(file(symbol, ".fetched").string(), text);
    if (kind_.adjusted && !std::filesystem::exists(folder_ / "catalog.toml")) {
        write_whole_file((folder_ / "catalog.toml").string(), "adjusted = true\n");
    }
}

void FetchedBars::fetch_missing(const std::vector<Symbol>& symbols, FetchSpan span, Timestamp now,
                                const Fetch& fetch, Bars& newest, std::vector<Symbol>& begun_anew) {
    const auto final_until = final_start(now);
    const auto order = [](const FetchSpan& a, const FetchSpan& b) {
        return std::pair(a.from, a.to) < std::pair(b.from, b.to);
    };
    std::map<FetchSpan, std::vector<Symbol>, decltype(order)> asked(order);
    for (const auto& symbol : symbols) {
        for (const auto& gap : missing(symbol, span)) asked[gap].push_back(symbol);
    }
    for (const auto& [gap, wanting] : asked) {
        auto answer = fetch(wanting, gap);
        for (const auto& symbol : wanting) {
            auto& fetched = answer[symbol];
            if (contradicts(kept(symbol), fetched)) {
                forget(symbol);
                begun_anew.push_back(symbol);
                continue;
            }
            keep(symbol, gap, fetched, final_until);
            for (auto& bar : fetched) {
                if (bar.start >= final_until && bar.end <= now) newest[symbol].push_back(bar);
            }
        }
    }
}

FetchedBars::Bars FetchedBars::bars(const std::vector<Symbol>& symbols, FetchSpan span,
                                    Timestamp now, const Fetch& fetch) {
    Bars newest;
    std::vector<Symbol> begun_anew;
    fetch_missing(symbols, span, now, fetch, newest, begun_anew);
    if (!begun_anew.empty()) {
        // Nothing is kept of these, so nothing can contradict a second time.
        for (const auto& symbol : begun_anew) {
            forget(symbol);
            newest.erase(symbol);
        }
        std::vector<Symbol> none;
        fetch_missing(begun_anew, span, now, fetch, newest, none);
    }
    Bars result;
    for (const auto& symbol : symbols) {
        const auto& known = kept(symbol);
        const auto begin =
            std::lower_bound(known.bars.begin(), known.bars.end(), span.from, starts_before);
        const auto end = std::lower_bound(begin, known.bars.end(), span.to, starts_before);
        auto& all = result[symbol];
        all.assign(begin, end);
        const auto last = all.empty() ? Timestamp{span.from.ns - 1} : all.back().start;
        for (const auto& bar : newest[symbol]) {
            if (bar.start > last && bar.start < span.to) all.push_back(bar);
        }
        if (all.empty()) result.erase(symbol);
    }
    return result;
}

}  // namespace tradewind::market
