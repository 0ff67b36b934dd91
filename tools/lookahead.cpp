#include "tools/lookahead.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "ledger/csv_reader.hpp"
#include "ledger/run_folder.hpp"
#include "ledger/run_tables.hpp"
#include "messages/counter_random.hpp"
#include "messages/error.hpp"
#include "tools/scratch_folder.hpp"

namespace tradewind::tools {
namespace {

constexpr std::uint32_t kChangePurpose = 0x4C4F4F4B;
constexpr double kLargestChange = 0.2;

struct Row {
    Timestamp time;
    std::string text;
};
struct Choices {
    std::vector<Row> decisions;
    std::vector<Row> orders;
};

// What an order was when it was sent; what became of it lies after the decision.
constexpr std::string_view kSentColumns[] = {"order_id", "decision_id", "time",
                                             "symbol",   "side",        "type",
                                             "quantity", "limit_price", "stop_price"};
constexpr std::string_view kDecidedColumns[] = {"decision_id", "time",  "symbol",   "strategy",
                                                "side",        "price", "quantity", "score",
                                                "outcome",     "reason"};

template <std::size_t Count>
std::vector<Row> rows_of(const std::filesystem::path& folder, const ledger::CsvColumns& table,
                         const std::string_view (&columns)[Count]) {
    std::vector<Row> rows;
    ledger::CsvReader reader(folder, table);
    const auto time = reader.column("time");
    while (reader.next()) {
        Row row;
        row.time = reader.timestamp(time);
        for (const auto name : columns) {
            row.text.append(row.text.empty() ? "" : ",").append(reader.cell(reader.column(name)));
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

Choices choices_of(const PlanOfBars& plan, std::vector<BarSeriesPtr> series) {
    const ScratchFolder scratch;
    auto options = plan(std::move(series));
    ledger::RunFolderOptions folder_options;
    folder_options.initial_cash = options.gateway.initial_cash;
    folder_options.report = false;
    folder_options.sync = false;
    const auto out = scratch / "run";
    ledger::RunFolder folder(out, folder_options);
    (void)actors::run_replay(std::move(options), folder);
    (void)folder.finish({});
    return {rows_of(out, ledger::kDecisionsCsv, kDecidedColumns),
            rows_of(out, ledger::kOrdersCsv, kSentColumns)};
}

// An end of a bar.
struct Cut {
    Timestamp time;
    Timestamp begun;  // the first bar that ends later begins; without it nothing decides there
    Timestamp next;   // it, or another one, ends
};

std::vector<Cut> cuts_of(const std::vector<BarSeriesPtr>& series, const actors::FeedRange& range,
                         std::size_t count) {
    std::set<Timestamp> ends;
    std::map<Timestamp, Timestamp> starts;  // by end, the earliest
    for (const auto& one : series) {
        for (const auto& bar : one->bars) {
            if (bar.start < range.from || bar.start > range.to) continue;
            ends.insert(bar.end);
            const auto placed = starts.try_emplace(bar.end, bar.start).first;
            placed->second = std::min(placed->second, bar.start);
        }
    }
    if (ends.size() < 3) {
        throw Error(ErrorKind::data, "nothing to cut", "the range", "it has fewer than three bars",
                    "widen the range");
    }
    const std::vector<Timestamp> all(ends.begin(), ends.end());
    std::vector<Cut> cuts;
    for (std::size_t i = 1; i <= count; ++i) {
        const auto at = i * (all.size() - 1) / (count + 1);
        if (!cuts.empty() && cuts.back().time == all[at]) continue;
        Cut cut{all[at], all[at], all[at + 1]};
        for (auto later = starts.upper_bound(cut.time); later != starts.end(); ++later) {
            cut.begun = std::min(cut.begun, later->second);
        }
        cuts.push_back(cut);
    }
    return cuts;
}

std::vector<BarSeriesPtr> cut_off(const std::vector<BarSeriesPtr>& series, Timestamp cut) {
    std::vector<BarSeriesPtr> result;
    for (const auto& one : series) {
        auto copy = std::make_shared<BarSeries>(*one);
        std::erase_if(copy->bars, [&](const Bar& bar) { return bar.end > cut; });
        result.push_back(std::move(copy));
    }
    return result;
}

Price scaled(Price price, double factor) {
    return price_of(price.to_double() * factor);
}

std::vector<BarSeriesPtr> changed_after(const std::vector<BarSeriesPtr>& series, Timestamp cut,
                                        std::uint64_t seed) {
    std::vector<BarSeriesPtr> result;
    for (const auto& one : series) {
        auto copy = std::make_shared<BarSeries>(*one);
        const CounterRandom random(seed, one->symbol.view());
        for (std::size_t i = 0; i < copy->bars.size(); ++i) {
            Bar& bar = copy->bars[i];
            if (bar.end <= cut) continue;
            const auto [u, v] = random.uniforms(kChangePurpose, Date{}, i);
            const double factor = 1 + kLargestChange * (2 * u - 1);
            // The bar that has begun keeps its open: that much is known.
            const bool begun = i == 0 || copy->bars[i - 1].end <= cut;
            if (!begun) bar.open = scaled(bar.open, factor);
            bar.close = scaled(bar.close, factor);
            bar.high = std::max({scaled(bar.high, factor), bar.open, bar.close});
            bar.low = std::min({scaled(bar.low, factor), bar.open, bar.close});
            bar.volume *= 0.5 + v;
        }
        result.push_back(std::move(copy));
    }
    return result;
}

// The first difference among the rows before `until`; counts what was compared.
std::optional<LookaheadDifference> compare(const std::vector<Row>& whole,
                                           const std::vector<Row>& other, const Cut& cut,
                                           bool changed_bars, std::uint64_t& compared) {
    const auto until = changed_bars ? cut.next : cut.begun;
    const auto counts = [&](const Row& row) { return row.time < until; };
    auto a = whole.begin();
    auto b = other.begin();
    for (;; ++a, ++b) {
        a = std::find_if(a, whole.end(), counts);
        b = std::find_if(b, other.end(), counts);
        const bool no_a = a == whole.end();
        const bool no_b = b == other.end();
        if (no_a && no_b) return std::nullopt;
        if (no_a || no_b || a->text != b->text) {
            return LookaheadDifference{cut.time, changed_bars, no_a ? "" : a->text,
                                       no_b ? "" : b->text};
        }
        ++compared;
    }
}

}  // namespace

LookaheadReport check_lookahead(const std::vector<BarSeriesPtr>& series,
                                const actors::FeedRange& range, const PlanOfBars& plan,
                                const LookaheadSettings& settings) {
    LookaheadReport report;
    const auto cuts = cuts_of(series, range, settings.cuts);
    for (const auto& cut : cuts) report.cuts.push_back(cut.time);
    const auto whole = choices_of(plan, series);
    for (const auto& cut : cuts) {
        for (const bool changed : {false, true}) {
            const auto other =
                choices_of(plan, changed ? changed_after(series, cut.time, settings.seed)
                                         : cut_off(series, cut.time));
            report.difference =
                compare(whole.decisions, other.decisions, cut, changed, report.decisions);
            if (!report.difference) {
                report.difference =
                    compare(whole.orders, other.orders, cut, changed, report.orders);
            }
            if (report.difference) return report;
        }
    }
    return report;
}

}  // namespace tradewind::tools
