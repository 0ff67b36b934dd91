// The views of a store: outcomes, history, what is held, what is probed.
#include "ledger/trade_views.hpp"

#include <string>
#include <vector>

#include "ledger/event_store.hpp"
#include "ledger/sqlite.hpp"
#include "tests/catch.hpp"
#include "tests/ledger/fake_run.hpp"

using namespace tradewind;
using namespace tradewind::ledger;

namespace {

const Timestamp kTime = utc_midnight(date_of(2024, 5, 6)) + 15 * kHour;

// The rows of a query, cells joined by '|'.
std::vector<std::string> rows_of(const std::filesystem::path& folder, const std::string& sql,
                                 int columns) {
    const Database database(folder / kStoreFile, OpenMode::read_only);
    Statement statement(database, sql);
    std::vector<std::string> rows;
    while (statement.step()) {
        std::string row;
        for (int i = 0; i < columns; ++i)
            row += (i > 0 ? "|" : "") + std::string(statement.text(i));
        rows.push_back(row);
    }
    return rows;
}

class Trader {
  public:
    explicit Trader(EventStore& store) : store_(store) {
        store_.append(kTime, 0, RunStarted{"paper", "0.1.0", "test"});
    }
    void fill(const char* symbol, Side side, const char* quantity, const char* price,
              const char* strategy) {
        ++number_;
        auto order = test::fake_order(number_, Symbol(symbol), side, Quantity::of(quantity));
        order.strategy = strategy;
        const auto time = kTime + number_ * kMinute;
        order.time = time;
        store_.append(time, 0, order);
        auto fill = test::fake_fill(number_, order, Quantity::of(quantity), Price::of(price));
        fill.time = time;
        fill.strategy = strategy;
        fill.fee = Money{};
        store_.append(time, 0, fill);
    }
    void plan(const std::string& kind, const std::string& content) {
        PlanRecord record;
        record.plan_id = kind;
        record.kind = kind;
        record.content = content;
        store_.append(kTime + kHour, 0, record);
    }

  private:
    EventStore& store_;
    int number_ = 0;
};

}  // namespace

TEST_CASE("the views of a store tell of trades closed, held and probed") {
    const test::TemporaryFolder folder;
    {
        EventStore store(folder.path(), {});
        Trader trader(store);
        trader.fill("AAA", Side::buy, "10", "100", "maxdiff");
        trader.fill("AAA", Side::sell, "10", "101", "maxdiff");
        trader.fill("AAA", Side::buy, "10", "100", "maxdiff");
        trader.fill("AAA", Side::sell, "10", "98", "maxdiff");
        trader.fill("AAA", Side::buy, "4", "99", "pctdiff");
        trader.fill("AAA", Side::buy, "1", "99", "pctdiff");
        trader.fill("BBB", Side::sell, "2.5", "40", "simple");
        trader.plan("portfolio_cycle",
                    "days - 0 -\n"
                    "probe AAA buy maxdiff 1 0 0 1970-01-01\n"
                    "probe BBB sell simple 2 1714999200000000000 -1 1970-01-01\n");
        trader.plan("another", "probe CCC buy maxdiff 1 0 0 1970-01-01\n");
        store.commit();
    }
    const auto at = [&](const std::string& sql, int columns) {
        return rows_of(folder.path(), sql, columns);
    };
    CHECK(at("SELECT symbol, side, strategy, pnl, quantity, closed_at FROM trade_outcomes", 6) ==
          std::vector<std::string>{"AAA|buy|maxdiff|-20|10|2024-05-06T15:04:00Z"});
    CHECK(at("SELECT pnl, pnl_fraction FROM trade_history", 2) ==
          std::vector<std::string>{"10|0.01", "-20|-0.02"});
    CHECK(at("SELECT symbol, side, quantity, strategy, opened_at FROM active_trades", 5) ==
          std::vector<std::string>{"AAA|buy|5|pctdiff|2024-05-06T15:05:00Z",
                                   "BBB|sell|2.5|simple|2024-05-06T15:07:00Z"});
    CHECK(at("SELECT symbol, side, strategy, pending_probe, probe_active, probe_started_at,"
             " last_probe_successful FROM trade_learning",
             7) == std::vector<std::string>{"AAA|buy|maxdiff|1|0||0",
                                            "BBB|sell|simple|0|1|2024-05-06T12:40:00Z|"});
}

TEST_CASE("a view shows the newest hundred trades of a key, and an older store gets the views") {
    const test::TemporaryFolder folder;
    {
        EventStore store(folder.path(), {});
        Trader trader(store);
        for (int i = 0; i < 105; ++i) {
            trader.fill("AAA", Side::buy, "1", "100", "maxdiff");
            trader.fill("AAA", Side::sell, "1", "101", "maxdiff");
        }
        trader.fill("AAA", Side::buy, "1", "100", "simple");
        trader.fill("AAA", Side::sell, "1", "101", "simple");
        store.commit();
    }
    {
        const Database database(folder.path() / kStoreFile, OpenMode::read_write);
        database.execute("DROP VIEW trade_history");
    }
    { const EventStore again(folder.path(), {}); }
    CHECK(rows_of(folder.path(), "SELECT strategy, count(*) FROM trade_history GROUP BY strategy",
                  2) == std::vector<std::string>{"maxdiff|100", "simple|1"});
    CHECK(rows_of(folder.path(), "SELECT * FROM active_trades", 1).empty());
}
