#include "ledger/verify.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "ledger/checksum_file.hpp"
#include "ledger/csv_reader.hpp"
#include "ledger/equity_writer.hpp"
#include "ledger/event_store.hpp"
#include "ledger/run_tables.hpp"
#include "ledger/sha256.hpp"
#include "messages/error.hpp"

namespace tradewind::ledger {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void differs(const std::string& what, const std::string& where,
                          const std::string& why) {
    throw Error(ErrorKind::corrupt, what, where, why);
}

void check_checksums(const fs::path& folder) {
    const auto sums = read_checksums(folder);
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder)) {
        const auto name = entry.path().filename().string();
        if (name == kChecksumFile) continue;
        if (!entry.is_regular_file() || entry.is_symlink()) {
            differs("run folder holds something that is no file", entry.path().string(),
                    "a run folder holds plain files only");
        }
        found.insert(name);
        const auto sum = sums.find(name);
        if (sum == sums.end()) {
            differs("extra file", entry.path().string(), "SHA256SUMS does not name it");
        }
        if (sha256_of_file(entry.path()) != sum->second) {
            differs("file was changed", entry.path().string(),
                    "its SHA-256 is not the one in SHA256SUMS");
        }
    }
    for (const auto& [name, hash] : sums) {
        if (!found.contains(name)) {
            differs("file is missing", (folder / name).string(), "SHA256SUMS names it");
        }
    }
    std::vector<std::string> required{kStoreFile, "run.json", "statistics.json"};
    for (const auto* const table : kRunTables) required.emplace_back(table->file);
    for (const auto& name : required) {
        if (!found.contains(name)) {
            differs("file is missing", (folder / name).string(), "every run folder has it");
        }
    }
}

// The CSV files that the store alone determines are made again and compared byte for byte.
class Rewritten {
  public:
    Rewritten() {
        std::string pattern = (fs::temp_directory_path() / "tradewind-verify-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) {
            throw Error(ErrorKind::failed, "cannot make a temporary folder", pattern, {});
        }
        path_ = pattern;
    }
    ~Rewritten() {
        std::error_code error;
        fs::remove_all(path_, error);
    }
    Rewritten(const Rewritten&) = delete;
    Rewritten& operator=(const Rewritten&) = delete;
    [[nodiscard]] const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

void check_tables(const fs::path& folder, const LedgerState& state, Timestamp end_of_data) {
    const Rewritten again;
    const std::map<std::string, std::string> hashes{
        {kOrdersCsv.file, write_orders(again.path(), state, end_of_data)},
        {kFillsCsv.file, write_fills(again.path(), state)},
        {kTradesCsv.file, write_trades(again.path(), state)},
        {kDecisionsCsv.file, write_decisions(again.path(), state)}};
    for (const auto& [name, hash] : hashes) {
        if (sha256_of_file(folder / name) != hash) {
            differs("file differs from the store", (folder / name).string(),
                    "the events of ledger.db give other rows");
        }
    }
}

struct CashStep {
    Timestamp time;
    Money cash;  // after it
};

struct BookSteps {
    std::vector<CashStep> cash;
    // Position of each symbol after each of its fills and adoptions, ascending in time.
    std::map<std::string, std::vector<std::pair<Timestamp, Quantity>>, std::less<>> positions;
};

// fills.csv recomputed with the adjustments of the store: cash and position after every fill.
// Returns cash and positions after every step, in order, cash starting with 0.
BookSteps check_fills(const fs::path& folder, const LedgerState& state, std::uint64_t& count) {
    CsvReader rows(folder, kFillsCsv);
    std::vector<BookedAdjustment> adjustments = state.adjustments();
    std::stable_sort(adjustments.begin(), adjustments.end(),
                     [](const auto& a, const auto& b) { return a.time < b.time; });
    auto next = adjustments.begin();
    BookSteps steps;
    steps.cash.push_back({{std::numeric_limits<std::int64_t>::min()}, {}});
    std::map<std::string, Quantity, std::less<>> positions;
    Money cash;
    const auto take_adjustment = [&] {
        cash += next->adjustment.cash;
        if (!next->position_change.is_zero()) {
            const auto symbol = next->adjustment.symbol.to_string();
            steps.positions[symbol].emplace_back(next->time,
                                                 positions[symbol] += next->position_change);
        }
        steps.cash.push_back({next->time, cash});
        ++next;
    };
    while (rows.next()) {
        const auto time = rows.timestamp(2);
        const auto side = side_of(rows.cell(4));
        if (!side) rows.refuse("unknown side");
        const auto change = signed_quantity(*side, rows.decimal<Quantity>(5));
        const Money paid = rows.decimal<Price>(6) * change + rows.decimal<Money>(7);
        const auto booked = rows.decimal<Money>(9);
        while (next != adjustments.end() && next->time < time) take_adjustment();
        while (cash - paid != booked && next != adjustments.end() && next->time == time) {
            take_adjustment();
        }
        cash -= paid;
        if (cash != booked) {
            differs("cash does not follow from the fills", rows.place(),
                    "recomputed " + cash.to_string() + ", written " + booked.to_string());
        }
        auto& position = positions[std::string(rows.cell(3))];
        position += change;
        if (position != rows.decimal<Quantity>(8)) {
            differs(
                "position does not follow from the fills", rows.place(),
                "recomputed " + position.to_string() + ", written " + std::string(rows.cell(8)));
        }
        steps.positions[std::string(rows.cell(3))].emplace_back(time, position);
        steps.cash.push_back({time, cash});
        ++count;
    }
    while (next != adjustments.end()) take_adjustment();
    return steps;
}

// Cash after every fill and adjustment in the order in which they happened. fills.csv is sorted by
// time and symbol, so at an instant where one bar ends and another begins its cash column takes
// another way to the same end.
std::vector<CashStep> cash_steps(const LedgerState& state) {
    struct Change {
        std::uint64_t sequence;
        Timestamp time;
        Money cash;
    };
    std::vector<Change> changes;
    for (const auto& booked : state.adjustments()) {
        changes.push_back({booked.sequence, booked.time, booked.adjustment.cash});
    }
    for (const auto& booked : state.fills()) {
        const auto& fill = booked.fill;
        const auto paid = fill.price * signed_quantity(fill.side, fill.quantity) + fill.fee;
        changes.push_back({booked.sequence, fill.time, -paid});
    }
    std::sort(changes.begin(), changes.end(),
              [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
    std::vector<CashStep> steps{{{std::numeric_limits<std::int64_t>::min()}, {}}};
    for (const auto& change : changes) {
        steps.push_back({change.time, steps.back().cash + change.cash});
    }
    return steps;
}

struct EquityFacts {
    std::uint64_t rows = 0;
    Timestamp last_time;
    Money cash;
    Money equity;
};

// Every row's cash is the cash after some fill or adjustment not later than the row; a fill at the
// very time of a row may be before or after it (the open of the next bar is the end of this one).
EquityFacts check_equity(const fs::path& folder, const std::vector<CashStep>& steps,
                         const std::map<Timestamp, Money>& market_values) {
    CsvReader rows(folder, kEquityCsv);
    EquityFacts facts;
    Money peak;
    std::size_t step = 0;
    while (rows.next()) {
        const auto time = rows.timestamp(0);
        const auto cash = rows.decimal<Money>(1);
        const auto market_value = rows.decimal<Money>(2);
        const auto equity = rows.decimal<Money>(3);
        if (facts.rows > 0 && time <= facts.last_time) rows.refuse("times do not ascend");
        while (step + 1 < steps.size() && steps[step + 1].time < time) ++step;
        while (steps[step].cash != cash && step + 1 < steps.size() &&
               steps[step + 1].time == time) {
            ++step;
        }
        if (steps[step].cash != cash) {
            differs("cash does not follow from the fills", rows.place(),
                    "recomputed " + steps[step].cash.to_string() + ", written " + cash.to_string());
        }
        if (cash + market_value != equity) {
            differs("equity is not cash + market value", rows.place(),
                    "recomputed " + (cash + market_value).to_string());
        }
        if (rows.decimal<Money>(4) < market_value.abs()) {
            differs("gross exposure is below the market value", rows.place(), {});
        }
        if (facts.rows == 0 || equity > peak) peak = equity;
        if (drawdown_of(equity, peak) != rows.decimal<Fraction>(5)) {
            differs("drawdown does not follow from equity", rows.place(),
                    "recomputed " + drawdown_of(equity, peak).to_string());
        }
        if (const auto found = market_values.find(time); found != market_values.end()) {
            if (found->second != market_value) {
                differs("market value is not the sum of the positions", rows.place(),
                        "positions.csv gives " + found->second.to_string());
            }
        }
        ++facts.rows;
        facts.last_time = time;
        facts.cash = cash;
        facts.equity = equity;
    }
    return facts;
}

// The quantities that a symbol held at `time`: before the steps of that time, and after each.
std::vector<Quantity> held_at(const std::vector<std::pair<Timestamp, Quantity>>& steps,
                              Timestamp time) {
    auto step = std::lower_bound(steps.begin(), steps.end(), time,
                                 [](const auto& a, Timestamp t) { return a.first < t; });
    std::vector<Quantity> held{step == steps.begin() ? Quantity{} : std::prev(step)->second};
    for (; step != steps.end() && step->first == time; ++step) held.push_back(step->second);
    return held;
}

// positions.csv: quantities follow from the fills, values are price x quantity. Returns their sum
// for each time at which every symbol that was held has a row (sessions of a class end together,
// those of another class go on).
std::map<Timestamp, Money> check_positions(const fs::path& folder, const BookSteps& steps) {
    CsvReader rows(folder, kPositionsCsv);
    std::map<Timestamp, Money> sums;
    std::map<Timestamp, std::set<std::string, std::less<>>> symbols;
    while (rows.next()) {
        const auto time = rows.timestamp(0);
        const auto quantity = rows.decimal<Quantity>(2);
        const auto value = rows.decimal<Money>(5);
        const auto found = steps.positions.find(rows.cell(1));
        const auto held =
            found == steps.positions.end() ? std::vector<Quantity>{} : held_at(found->second, time);
        if (std::find(held.begin(), held.end(), quantity) == held.end()) {
            differs("position does not follow from the fills", rows.place(), {});
        }
        if (rows.decimal<Price>(4) * quantity != value) {
            differs("market value is not price x quantity", rows.place(), {});
        }
        sums[time] += value;
        symbols[time].emplace(rows.cell(1));
    }
    std::erase_if(sums, [&](const auto& sum) {
        return std::any_of(steps.positions.begin(), steps.positions.end(), [&](const auto& entry) {
            const auto held = held_at(entry.second, sum.first);
            return !symbols[sum.first].contains(entry.first) &&
                   std::any_of(held.begin(), held.end(),
                               [](Quantity quantity) { return !quantity.is_zero(); });
        });
    });
    return sums;
}

void check_document(const fs::path& folder, const EquityFacts& equity, const LedgerState& state) {
    const auto file = (folder / "run.json").string();
    const auto document = nlohmann::json::parse(read_text_file(file), nullptr, false);
    if (!document.is_object() || !document.contains("hashes") || !document["hashes"].is_object()) {
        differs("file is malformed", file, "not the description of a run");
    }
    for (const auto& [name, hash] : document["hashes"].items()) {
        if (hash != sha256_of_file(folder / name)) {
            differs("hash in run.json differs", file, "it names another content of " + name);
        }
    }
    const auto value = [&](const char* key) { return document.value(key, std::string()); };
    if (value("final_cash") != state.cash().to_string()) {
        differs("final cash differs from the store", file,
                "the store gives " + state.cash().to_string());
    }
    if (equity.rows > 0 && value("final_equity") != equity.equity.to_string()) {
        differs("final equity differs from equity.csv", file,
                "its last row gives " + equity.equity.to_string());
    }
}

}  // namespace

VerifyResult verify_run_folder(const fs::path& folder) {
    VerifyResult result;
    result.run_folder = true;
    check_checksums(folder);
    result.checks.emplace_back("SHA256SUMS: every file is there and unchanged, none is extra");
    const auto store = read_store(folder / kStoreFile, true);
    result.events = store.event_count;
    result.orders = store.state.orders().size();
    result.checks.emplace_back("ledger.db: hash chain whole, derived tables rebuilt and equal");
    const auto steps = check_fills(folder, store.state, result.fills);
    const auto market_values = check_positions(folder, steps);
    const auto equity = check_equity(folder, cash_steps(store.state), market_values);
    result.equity_rows = equity.rows;
    result.checks.emplace_back("fills -> cash -> equity: recomputed and equal");
    check_tables(folder, store.state, equity.last_time);
    result.checks.emplace_back(
        "orders, fills, trades, decisions: made anew from the events, equal");
    check_document(folder, equity, store.state);
    result.checks.emplace_back("run.json: hashes and final values agree");
    return result;
}

VerifyResult verify_state_folder(const fs::path& folder) {
    VerifyResult result;
    const auto store = read_store(folder / kStoreFile, false);
    result.events = store.event_count;
    result.orders = store.state.orders().size();
    result.fills = store.state.fills().size();
    result.checks.emplace_back("ledger.db: hash chain whole, derived tables rebuilt and equal");
    return result;
}

VerifyResult verify_folder(const fs::path& folder) {
    std::error_code error;
    if (!fs::is_directory(folder, error)) {
        throw Error(ErrorKind::usage, "cannot verify", folder.string(), "not a folder",
                    "name a run folder or a state folder");
    }
    if (fs::exists(folder / kChecksumFile)) return verify_run_folder(folder);
    // What says run folder in every other way lost its checksums.
    if (fs::exists(folder / "run.json")) {
        differs("file is missing", (folder / kChecksumFile).string(), "every run folder has it");
    }
    if (!fs::exists(folder / kStoreFile)) {
        throw Error(ErrorKind::usage, "cannot verify", folder.string(),
                    "neither SHA256SUMS nor ledger.db is in it",
                    "name a run folder or a state folder");
    }
    return verify_state_folder(folder);
}

}  // namespace tradewind::ledger
