#include "tests/ledger/fake_run.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <vector>

#include "orders/account_book.hpp"

namespace tradewind::test {
namespace {

namespace fs = std::filesystem;
using ledger::Adjustment;
using ledger::AdjustmentKind;
using ledger::EventStore;

const Timestamp kOpen = utc_midnight(date_of(2024, 3, 4)) + (14 * kHour + 30 * kMinute);
constexpr std::int64_t kSessionLength = 6 * kHour + 30 * kMinute;

class Player {
  public:
    Player(const fs::path& out, const FakeRunOptions& options)
        : options_(options),
          draws_(options.seed),
          run_(out, run_options(options)),
          store_(run_.store()),
          book_(Money{}) {
        constexpr const char* kNames[] = {"AAPL", "MSFT", "NVDA", "SPY", "TSLA", "XOM"};
        for (int i = 0; i < options.symbols; ++i) {
            symbols_.emplace_back(kNames[i % 6]);
            prices_.push_back(Price::whole(100 + 40 * i));
            slots_.push_back(book_.slot(symbols_.back()));
        }
    }

    ledger::RunResult play() {
        store_.append(kOpen, 0, ledger::RunStarted{"replay", "0.1.0", "fake"});
        const Adjustment deposit{AdjustmentKind::deposit, {}, {}, {}, {}, Money::whole(100'000),
                                 "starting cash"};
        store_.append(kOpen, 0, deposit);
        book_.adjust_cash(deposit.cash);
        std::vector<ledger::BenchmarkLeg> benchmark;
        for (std::size_t i = 0; i < symbols_.size(); ++i) {
            benchmark.push_back({symbols_[i], prices_[i], {}});
        }
        int played = 0;
        for (Date day = utc_date(kOpen); played < options_.days; day = day + 1) {
            if (weekday(day) == 0 || weekday(day) == 6) continue;
            play_day(utc_midnight(day) + (kOpen - utc_midnight(utc_date(kOpen))));
            ++played;
        }
        store_.append(last_time_, 0, ledger::RunEnded{"end_of_data"});
        ledger::RunInfo info;
        info.version = "0.1.0";
        info.commit = "0000000";
        info.command = {"tradewind", "replay", "--data", "bars", "--strategy", "fake"};
        info.strategy = "fake strategy <&> \"quoted\"";
        info.settings = {{"cash", "100000", "default"}, {"fee", "0.001", "command line"}};
        info.data = {{"bars/AAPL.csv", std::string(64, 'a'), 60, 0, 0}};
        info.counts["bars"] = rows_;
        info.notes = {"AAPL: 1 suspect row"};
        for (std::size_t i = 0; i < symbols_.size(); ++i) benchmark[i].last_close = prices_[i];
        info.benchmark = benchmark;
        return run_.finish(info);
    }

  private:
    static ledger::RunFolderOptions run_options(const FakeRunOptions& options) {
        ledger::RunFolderOptions wanted;
        wanted.initial_cash = Money::whole(100'000);
        wanted.report = options.report;
        wanted.overwrite = options.overwrite;
        wanted.sync = false;
        return wanted;
    }

    void play_day(Timestamp open) {
        const std::int64_t length = kSessionLength / options_.bars_per_day;
        for (int bar = 0; bar < options_.bars_per_day; ++bar) {
            const Timestamp start = open + bar * length;
            const Timestamp end = start + length;
            for (std::size_t i = 0; i < symbols_.size(); ++i) {
                if (waiting_[i]) fill(i, start);
            }
            for (std::size_t i = 0; i < symbols_.size(); ++i) {
                // A move of -2 % to +2.1 % in steps of a basis point.
                const auto move = static_cast<std::int64_t>(draws_.below(410)) - 200;
                prices_[i] = round_to_cent(
                    moved(prices_[i], Fraction::from_units(move * Fraction::kOne / 10'000)));
                book_.mark(slots_[i], prices_[i]);
                if (draws_.below(3) == 0) decide(i, end);
            }
            run_.add(
                ledger::EquityRow{end, book_.cash(), book_.market_value(), book_.gross_exposure()});
            ++rows_;
            last_time_ = end;
        }
        end_session(open + kSessionLength);
    }

    static Price round_to_cent(Price price) {
        return nearest_tick(price, Price::from_units(10'000'000));
    }

    void end_session(Timestamp close) {
        for (std::size_t i = 0; i < symbols_.size(); ++i) {
            const auto quantity = book_.quantity(slots_[i]);
            if (quantity.is_zero()) continue;
            if (quantity.sign() < 0 && draws_.below(4) == 0) {
                const Adjustment charge{AdjustmentKind::financing, symbols_[i], {}, {}, {},
                                        -Money::of("1.23456789"),  "borrow fee"};
                // The charge of a session is known at the next step.
                charges_.emplace_back(i, charge);
            }
            const auto value = prices_[i] * quantity;
            run_.add(ledger::PositionRow{close, symbols_[i], quantity,
                                         average_price(book_.cost(slots_[i]).abs(), quantity.abs()),
                                         prices_[i], value, value - book_.cost(slots_[i])});
        }
        for (const auto& [i, charge] : charges_) {
            store_.append(close + kSecond, ++cause_, charge);
            book_.charge_financing(slots_[i], -charge.cash);
        }
        charges_.clear();
    }

    void decide(std::size_t i, Timestamp time) {
        ++cause_;
        Decision decision;
        decision.time = time;
        decision.symbol = symbols_[i];
        decision.strategy = "fake";
        decision.decision_id = "fake." + symbols_[i].to_string() + "." + format_time(time);
        decision.score = static_cast<double>(draws_.below(2001)) / 1000.0 - 1;
        if (draws_.below(5) == 0 || waiting_[i]) {
            decision.outcome = "refused";
            decision.reason = "spread, or an order works";
            store_.append(time, cause_, decision);
            return;
        }
        const Side side = draws_.below(2) == 0 ? Side::buy : Side::sell;
        const auto quantity = Quantity::whole(static_cast<std::int64_t>(1 + draws_.below(40)));
        decision.side = to_text(side);
        decision.quantity = quantity;
        decision.outcome = "ordered";
        store_.append(time, cause_, decision);
        ledger::ForecastRecord forecast;
        forecast.time = time;
        forecast.symbol = symbols_[i];
        forecast.model = "ewma";
        forecast.input_hash = "0123abcd";
        for (std::size_t q = 0; q < kDeciles; ++q) {
            forecast.quantiles[q] = static_cast<float>(q) * 0.0025F - 0.01F;
        }
        run_.add(forecast);

        Order order;
        order.order_id = decision.decision_id + ".open";
        order.decision_id = decision.decision_id;
        order.strategy = "fake";
        order.symbol = symbols_[i];
        order.time = time;
        order.side = side;
        order.quantity = quantity;
        order.reason = "cross, \"up\"";
        store_.append(time, cause_, order);
        const auto fate = draws_.below(12);
        const auto say = [&](OrderEventKind kind, const char* reason) {
            store_.append(time, cause_,
                          OrderEvent{kind, order.order_id, order.symbol, time, {}, reason});
        };
        if (fate == 0) return say(OrderEventKind::refused, "limit");
        if (fate == 1) return say(OrderEventKind::rejected, "insufficient buying power");
        say(OrderEventKind::accepted, "");
        if (fate == 2) return say(OrderEventKind::canceled, "by hand");
        waiting_[i] = order;
    }

    void fill(std::size_t i, Timestamp time) {
        const Order order = *waiting_[i];
        waiting_[i].reset();
        const bool partly = draws_.below(6) == 0 && order.quantity > Quantity::whole(1);
        const Quantity first = partly ? Quantity::whole(1) : order.quantity;
        book(i, order, first, time, ".1");
        if (partly && draws_.below(2) == 0) book(i, order, order.quantity - first, time, ".2");
    }

    void book(std::size_t i, const Order& order, Quantity quantity, Timestamp time,
              const char* suffix) {
        Fill fill;
        fill.fill_id = order.order_id + suffix;
        fill.order_id = order.order_id;
        fill.symbol = order.symbol;
        fill.time = time;
        fill.side = order.side;
        fill.quantity = quantity;
        fill.price = prices_[i];
        fill.fee = fee_of(fill.price * quantity, Fraction::of("0.001"));
        fill.strategy = order.strategy;
        book_.apply(fill, order.reason);
        store_.append(
            time, ++cause_,
            OrderEvent{OrderEventKind::filled, order.order_id, order.symbol, time, fill, {}});
    }

    FakeRunOptions options_;
    Draws draws_;
    ledger::RunFolder run_;
    EventStore& store_;
    orders::AccountBook book_;
    std::vector<Symbol> symbols_;
    std::vector<Price> prices_;
    std::vector<orders::SlotId> slots_;
    std::array<std::optional<Order>, 6> waiting_;
    std::vector<std::pair<std::size_t, Adjustment>> charges_;
    std::uint64_t cause_ = 0;
    std::int64_t rows_ = 0;
    Timestamp last_time_;
};

}  // namespace

TemporaryFolder::TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "tradewind-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
}

ledger::RunResult play_fake_run(const fs::path& out, const FakeRunOptions& options) {
    return Player(out, options).play();
}

Order fake_order(int number, Symbol symbol, Side side, Quantity quantity) {
    Order order;
    order.order_id = "order." + std::to_string(number);
    order.decision_id = "decision." + std::to_string(number);
    order.strategy = "fake";
    order.symbol = symbol;
    order.time = kOpen + number * kMinute;
    order.side = side;
    order.quantity = quantity;
    order.limit_price = Price::of("101.25");
    order.type = OrderType::limit;
    order.exit_plan.target = Price::of("110");
    order.reason = "because";
    return order;
}

Fill fake_fill(int number, const Order& order, Quantity quantity, Price price) {
    Fill fill;
    fill.fill_id = "fill." + std::to_string(number);
    fill.order_id = order.order_id;
    fill.symbol = order.symbol;
    fill.time = order.time + kSecond;
    fill.side = order.side;
    fill.quantity = quantity;
    fill.price = price;
    fill.fee = fee_of(price * quantity, Fraction::of("0.001"));
    fill.strategy = order.strategy;
    return fill;
}

std::string read_file(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_file(const fs::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

}  // namespace tradewind::test
