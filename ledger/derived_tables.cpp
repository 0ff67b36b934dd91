#include "ledger/derived_tables.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <vector>

#include "messages/error.hpp"

namespace tradewind::ledger {
namespace {

struct Table {
    const char* name;
    const char* columns;  // the first is the key
    const char* types;    // of the key
};

constexpr Table kOrders{"orders",
                        "sequence, order_id, decision_id, strategy, symbol, time, side, role, type,"
                        " time_in_force, quantity, limit_price, stop_price, status,"
                        " filled_quantity, filled_notional, closed_time, reason",
                        "INTEGER PRIMARY KEY"};
constexpr Table kFills{"fills",
                       "sequence, fill_id, order_id, strategy, symbol, time, side, quantity, price,"
                       " fee, position, cash",
                       "INTEGER PRIMARY KEY"};
constexpr Table kDecisions{"decisions",
                           "sequence, decision_id, time, symbol, strategy, side, price, quantity,"
                           " score, outcome, reason",
                           "INTEGER PRIMARY KEY"};
constexpr Table kPlans{"plans",
                       "sequence, plan_id, kind, symbol, strategy, status, closed, content",
                       "INTEGER PRIMARY KEY"};
constexpr Table kTrades{"trades",
                        "number, trade_id, symbol, side, strategy, quantity, entry_time,"
                        " entry_price, exit_time, exit_price, entry_notional, exit_notional, fees,"
                        " financing, pnl, exit_reason",
                        "INTEGER PRIMARY KEY"};
constexpr Table kPositions{"positions", "symbol, quantity, cost", "TEXT PRIMARY KEY"};
constexpr Table kCounters{"counters", "name, value", "TEXT PRIMARY KEY"};
constexpr Table kAccount{"account", "name, value", "TEXT PRIMARY KEY"};
constexpr std::array<const Table*, 8> kTables{&kOrders,    &kFills,    &kDecisions, &kPlans,
                                              &kPositions, &kCounters, &kTrades,    &kAccount};

constexpr std::size_t kMostColumns = 20;
constexpr std::size_t kCellRoom = 48;
constexpr std::size_t kRowRoom = kMostColumns * kCellRoom;
constexpr std::size_t kRowsAtOnce = 32;  // of one statement, where a whole table is written

// Receives the cells of a row and binds them to a statement, from the parameter behind `before` on.
// Formatted cells live in `cells`, kRowRoom bytes, until the statement has run.
class BindingRow {
  public:
    BindingRow(Statement& statement, int before, char* cells)
        : statement_(statement), column_(before), cell_(cells) {}
    void number(std::int64_t value) { statement_.bind(++column_, value); }
    void text(std::string_view value) { statement_.bind(++column_, value); }
    template <class Value>
    void decimal(const Value& value) {
        formatted(value.format(cell_));
    }
    void real(double value) { formatted(std::to_chars(cell_, cell_ + kCellRoom, value).ptr); }
    void time(Timestamp value) {
        if (value == Timestamp{}) return text({});
        formatted(format_time(cell_, value));
    }

  private:
    void formatted(const char* end) {
        text({cell_, static_cast<std::size_t>(end - cell_)});
        cell_ += kCellRoom;
    }

    Statement& statement_;
    int column_;
    char* cell_;
};

// Receives the cells of a row and compares them with a row read from a table.
class ComparedRow {
  public:
    explicit ComparedRow(const Statement& stored) : stored_(stored) {}
    void number(std::int64_t value) { text(std::to_string(value)); }
    void text(std::string_view value) {
        if (equal_ && stored_.text(column_) != value) {
            equal_ = false;
            difference_ = "holds \"" + std::string(stored_.text(column_)) +
                          "\", the events give \"" + std::string(value) + "\"";
        }
        if (column_ == 0) key_ = value;
        ++column_;
    }
    template <class Value>
    void decimal(const Value& value) {
        text(value.to_string());
    }
    void real(double value) {
        char buffer[48];
        text({buffer,
              static_cast<std::size_t>(std::to_chars(buffer, buffer + 48, value).ptr - buffer)});
    }
    void time(Timestamp value) { text(value == Timestamp{} ? std::string() : format_time(value)); }

    [[nodiscard]] bool equal() const { return equal_; }
    [[nodiscard]] const std::string& key() const { return key_; }
    [[nodiscard]] const std::string& difference() const { return difference_; }

  private:
    const Statement& stored_;
    int column_ = 0;
    bool equal_ = true;
    std::string key_;
    std::string difference_;
};

template <class Row>
void describe(Row& row, const BookedOrder& booked) {
    const Order& order = booked.order;
    row.number(static_cast<std::int64_t>(booked.sequence));
    row.text(order.order_id);
    row.text(order.decision_id);
    row.text(order.strategy);
    row.text(order.symbol.view());
    row.time(order.time);
    row.text(to_text(order.side));
    row.text(to_text(order.role));
    row.text(to_text(order.type));
    row.text(to_text(order.time_in_force));
    row.decimal(order.quantity);
    row.decimal(order.limit_price);
    row.decimal(order.stop_price);
    row.text(to_text(order.status));
    row.decimal(order.filled_quantity);
    row.decimal(order.filled_notional);
    row.time(order.closed_time);
    row.text(order.reason);
}

template <class Row>
void describe(Row& row, const BookedFill& booked) {
    const Fill& fill = booked.fill;
    row.number(static_cast<std::int64_t>(booked.sequence));
    row.text(fill.fill_id);
    row.text(fill.order_id);
    row.text(fill.strategy);
    row.text(fill.symbol.view());
    row.time(fill.time);
    row.text(to_text(fill.side));
    row.decimal(fill.quantity);
    row.decimal(fill.price);
    row.decimal(fill.fee);
    row.decimal(booked.position);
    row.decimal(booked.cash);
}

template <class Row>
void describe(Row& row, const BookedDecision& booked) {
    const Decision& decision = booked.decision;
    row.number(static_cast<std::int64_t>(booked.sequence));
    row.text(decision.decision_id);
    row.time(decision.time);
    row.text(decision.symbol.view());
    row.text(decision.strategy);
    row.text(decision.side);
    row.decimal(decision.price);
    row.decimal(decision.quantity);
    row.real(decision.score);
    row.text(decision.outcome);
    row.text(decision.reason);
}

template <class Row>
void describe(Row& row, const BookedPlan& booked) {
    const PlanRecord& plan = booked.plan;
    row.number(static_cast<std::int64_t>(booked.sequence));
    row.text(plan.plan_id);
    row.text(plan.kind);
    row.text(plan.symbol.view());
    row.text(plan.strategy);
    row.text(plan.status);
    row.number(plan.closed ? 1 : 0);
    row.text(plan.content);
}

struct NumberedTrade {
    std::size_t number;
    const orders::RoundTrip& trip;
};

template <class Row>
void describe(Row& row, const NumberedTrade& trade) {
    const orders::RoundTrip& trip = trade.trip;
    row.number(static_cast<std::int64_t>(trade.number));
    row.text(trip.trade_id);
    row.text(trip.symbol.view());
    row.text(to_text(trip.side));
    row.text(trip.strategy);
    row.decimal(trip.quantity);
    row.time(trip.entry_time);
    row.decimal(trip.entry_price);
    row.time(trip.exit_time);
    row.decimal(trip.exit_price);
    row.decimal(trip.entry_notional);
    row.decimal(trip.exit_notional);
    row.decimal(trip.fees);
    row.decimal(trip.financing);
    row.decimal(trip.pnl);
    row.text(trip.exit_reason);
}

template <class Row>
void describe(Row& row, const Position& position) {
    row.text(position.symbol.view());
    row.decimal(position.quantity);
    row.decimal(position.cost);
}

using NamedNumber = std::pair<const std::string, std::int64_t>;
template <class Row>
void describe(Row& row, const NamedNumber& counter) {
    row.text(counter.first);
    row.number(counter.second);
}

struct NamedText {
    std::string name;
    std::string value;
};
template <class Row>
void describe(Row& row, const NamedText& entry) {
    row.text(entry.name);
    row.text(entry.value);
}

// The one-value facts, sorted by name.
std::vector<NamedText> account_rows(const LedgerState& state, const std::string& head_hash) {
    return {{"cash", state.cash().to_string()},
            {"fees", state.fees().to_string()},
            {"financing", state.financing().to_string()},
            {"halted", state.halted() ? "true" : "false"},
            {"head_hash", head_hash},
            {"head_sequence", std::to_string(state.last_sequence())},
            {"runs", std::to_string(state.runs())}};
}

int column_count(const Table& table) {
    const std::string_view columns = table.columns;
    return static_cast<int>(1 + std::count(columns.begin(), columns.end(), ','));
}

std::string insert_sql(const char* verb, const Table& table, std::size_t rows) {
    std::string marks = "(?";
    for (int column = 1; column < column_count(table); ++column) marks += ",?";
    marks += ')';
    std::string sql = std::string(verb) + " INTO " + table.name + " VALUES " + marks;
    for (std::size_t i = 1; i < rows; ++i) sql += ',' + marks;
    return sql;
}

std::string replace_sql(const Table& table) {
    return insert_sql("INSERT OR REPLACE", table, 1);
}

template <class Value>
void put(Statement& statement, const Value& value) {
    std::array<char, kRowRoom> cells;
    BindingRow row(statement, 0, cells.data());
    describe(row, value);
    statement.run();
}

// Fills an empty table: `make(i)` gives the value of row i.
template <class Make>
void fill_table(const Database& database, const Table& table, std::size_t count, Make make) {
    std::size_t next = 0;
    if (count >= kRowsAtOnce) {
        Statement many(database, insert_sql("INSERT", table, kRowsAtOnce));
        std::vector<char> cells(kRowsAtOnce * kRowRoom);
        const int columns = column_count(table);
        for (; count - next >= kRowsAtOnce; next += kRowsAtOnce) {
            for (std::size_t i = 0; i < kRowsAtOnce; ++i) {
                BindingRow row(many, static_cast<int>(i) * columns, cells.data() + i * kRowRoom);
                describe(row, make(next + i));
            }
            many.run();
        }
    }
    Statement one(database, insert_sql("INSERT", table, 1));
    for (; next < count; ++next) put(one, make(next));
}

[[noreturn]] void differs(const Database& database, const Table& table, const std::string& key,
                          const std::string& why) {
    throw Error(ErrorKind::corrupt, "derived table differs from the events",
                database.file() + ", table " + table.name + ", row " + key, why,
                "restore the store from a copy; nothing was changed");
}

// Compares one table with the values that the events give, in key order.
template <class Values, class Make>
void compare_table(const Database& database, const Table& table, const Values& values, Make make) {
    Statement stored(
        database, std::string("SELECT ") + table.columns + " FROM " + table.name + " ORDER BY 1");
    std::size_t number = 0;
    for (const auto& value : values) {
        ++number;
        if (!stored.step()) {
            differs(database, table, std::to_string(number), "the row is missing");
        }
        ComparedRow row(stored);
        describe(row, make(number, value));
        if (!row.equal()) differs(database, table, row.key(), row.difference());
    }
    if (stored.step()) {
        differs(database, table, std::string(stored.text(0)), "no event gives this row");
    }
}

}  // namespace

std::string derived_schema() {
    std::string sql;
    for (const Table* const table : kTables) {
        std::string columns = table->columns;
        columns.insert(columns.find(','), std::string(" ") + table->types);
        sql += std::string("CREATE TABLE ") + table->name + " (" + columns + ")" +
               (std::string_view(table->types) == "TEXT PRIMARY KEY" ? " WITHOUT ROWID;\n" : ";\n");
    }
    return sql;
}

void drop_derived_tables(const Database& database) {
    std::vector<std::string> names;
    Statement tables(database,
                     "SELECT name FROM sqlite_master WHERE type = 'table' AND "
                     "name NOT IN ('events', 'event_blocks') AND name NOT LIKE 'sqlite_%'");
    while (tables.step()) names.emplace_back(tables.text(0));
    for (const auto& name : names) database.execute("DROP TABLE \"" + name + "\"");
}

struct DerivedTables::Statements {
    explicit Statements(const Database& on)
        : database(on),
          order(database, replace_sql(kOrders)),
          fill(database, replace_sql(kFills)),
          decision(database, replace_sql(kDecisions)),
          plan(database, replace_sql(kPlans)),
          trade(database, replace_sql(kTrades)),
          position(database, replace_sql(kPositions)),
          no_position(database, "DELETE FROM positions WHERE symbol = ?"),
          counter(database, replace_sql(kCounters)),
          account(database, replace_sql(kAccount)) {}

    const Database& database;
    Statement order, fill, decision, plan, trade, position, no_position, counter, account;
};

DerivedTables::DerivedTables(const Database& database)
    : statements_(std::make_unique<Statements>(database)) {}
DerivedTables::~DerivedTables() = default;
DerivedTables::DerivedTables(DerivedTables&&) noexcept = default;
DerivedTables& DerivedTables::operator=(DerivedTables&&) noexcept = default;

void DerivedTables::set_written(std::size_t fills, std::size_t trades) {
    fills_written_ = fills;
    trades_written_ = trades;
}

void DerivedTables::write(const LedgerState& state, const Changes& changes,
                          const std::string& head_hash) {
    auto& to = *statements_;
    for (const auto i : changes.orders) put(to.order, state.orders()[i]);
    for (const auto i : changes.decisions) put(to.decision, state.decisions()[i]);
    for (const auto i : changes.plans) put(to.plan, state.plans()[i]);
    const auto& fills = state.fills();
    for (auto i = fills_written_; i < fills.size(); ++i) put(to.fill, fills[i]);
    const auto& trades = state.trades();
    for (auto i = trades_written_; i < trades.size(); ++i) {
        put(to.trade, NumberedTrade{i + 1, trades[i]});
    }
    for (const auto symbol : changes.positions) {
        const auto position = state.position(symbol);
        if (position.quantity.is_zero()) {
            to.no_position.bind(1, symbol.view());
            to.no_position.run();
        } else {
            put(to.position, position);
        }
    }
    for (const auto& name : changes.counters) put(to.counter, *state.counters().find(name));
    for (const auto& entry : account_rows(state, head_hash)) put(to.account, entry);
}

void DerivedTables::write_all(const LedgerState& state, const std::string& head_hash) {
    const auto& database = statements_->database;
    const auto from = [](const auto& values) {
        return [&values](std::size_t i) -> const auto& {
            return values[i];
        };
    };
    fill_table(database, kOrders, state.orders().size(), from(state.orders()));
    fill_table(database, kDecisions, state.decisions().size(), from(state.decisions()));
    fill_table(database, kPlans, state.plans().size(), from(state.plans()));
    fill_table(database, kFills, state.fills().size(), from(state.fills()));
    fill_table(database, kTrades, state.trades().size(), [&](std::size_t i) {
        return NumberedTrade{i + 1, state.trades()[i]};
    });
    set_written(state.fills().size(), state.trades().size());
    Changes rest;
    for (const auto& [symbol, position] : state.positions()) rest.positions.push_back(symbol);
    for (const auto& [name, value] : state.counters()) rest.counters.push_back(name);
    write(state, rest, head_hash);
}

void compare_derived_tables(const Database& database, const LedgerState& state,
                            const std::string& head_hash) {
    const auto itself = [](std::size_t, const auto& value) -> const auto& {
        return value;
    };
    compare_table(database, kOrders, state.orders(), itself);
    compare_table(database, kFills, state.fills(), itself);
    compare_table(database, kDecisions, state.decisions(), itself);
    compare_table(database, kPlans, state.plans(), itself);
    compare_table(database, kTrades, state.trades(),
                  [](std::size_t number, const orders::RoundTrip& trip) {
                      return NumberedTrade{number, trip};
                  });
    std::vector<Position> positions;
    for (const auto& [symbol, position] : state.positions()) positions.push_back(position);
    compare_table(database, kPositions, positions, itself);
    compare_table(database, kCounters, state.counters(), itself);
    compare_table(database, kAccount, account_rows(state, head_hash), itself);
}

}  // namespace tradewind::ledger
