#include "orders/account_book.hpp"

#include <map>

#include "market/cost_model.hpp"
#include "orders/financing.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::test;
using orders::AccountBook;
using orders::RoundTrip;

namespace {

Fill fill_of(const std::string& id, Side side, const char* quantity, const char* price,
             const char* fee = "0", const std::string& strategy = "s", const char* symbol = "AAA",
             std::int64_t time = 1) {
    Fill fill;
    fill.fill_id = id;
    fill.order_id = "o";
    fill.symbol = Symbol(symbol);
    fill.time = {time};
    fill.side = side;
    fill.quantity = Quantity::of(quantity);
    fill.price = Price::of(price);
    fill.fee = Money::of(fee);
    fill.strategy = strategy;
    return fill;
}

std::string text(const RoundTrip& trip) {
    return trip.trade_id + " " + std::string(to_text(trip.side)) + " " + trip.quantity.to_string() +
           " @" + trip.entry_price.to_string() + " -> @" + trip.exit_price.to_string() + " fees " +
           trip.fees.to_string() + " fin " + trip.financing.to_string() + " pnl " +
           trip.pnl.to_string() + " ret " + trip.profit_fraction.to_string() + " " +
           trip.exit_reason;
}

void check_identity(const AccountBook& book, Money initial) {
    const auto totals = book.totals();
    CHECK(book.equity() == book.cash() + book.market_value());
    CHECK(book.equity() == initial + totals.realised + totals.unrealised - totals.fees -
                               totals.financing + totals.adjustments);
}

}  // namespace

TEST_CASE("a long trip from flat to flat") {
    AccountBook book(Money::of("1000"));
    const auto slot = book.slot(Symbol("AAA"));
    auto result = book.apply(fill_of("f1", Side::buy, "3", "10", "0.03", "s", "AAA", 5));
    CHECK(result.applied);
    CHECK(result.cash == Money::of("969.97"));
    CHECK(result.position == Quantity::of("3"));
    CHECK(book.equity() == Money::of("999.97"));
    book.mark(slot, Price::of("12"));
    CHECK(book.equity() == Money::of("1005.97"));
    CHECK(book.gross_exposure() == Money::of("36"));
    book.apply(fill_of("f2", Side::sell, "1", "12", "0.01", "s", "AAA", 6), "part");
    CHECK(book.take_round_trips().empty());
    book.apply(fill_of("f3", Side::sell, "2", "11", "0.02", "s", "AAA", 7), "target");
    const auto trips = book.take_round_trips();
    REQUIRE(trips.size() == 1);
    CHECK(text(trips[0]) ==
          "f1 buy 3 @10 -> @11.33333333 fees 0.06 fin 0 pnl 3.94 ret 0.13133333 "
          "target");
    CHECK(trips[0].entry_time == Timestamp{5});
    CHECK(trips[0].exit_time == Timestamp{7});
    CHECK(book.cash() == Money::of("1003.94"));
    CHECK(book.totals().realised == Money::of("4"));
    check_identity(book, Money::of("1000"));
}

TEST_CASE("a fill through zero ends one trip and begins the next") {
    AccountBook book(Money::of("1000"));
    book.apply(fill_of("f1", Side::sell, "2", "10", "0.02"));
    book.apply(fill_of("f2", Side::buy, "5", "8", "0.05"), "cross");
    auto trips = book.take_round_trips();
    REQUIRE(trips.size() == 1);
    // 3 of 5 opened: they bear 0.03 of the fee, the closed part the rest.
    CHECK(text(trips[0]) == "f1 sell 2 @10 -> @8 fees 0.04 fin 0 pnl 3.96 ret 0.198 cross");
    book.apply(fill_of("f3", Side::sell, "3", "9", "0"), "end");
    trips = book.take_round_trips();
    REQUIRE(trips.size() == 1);
    CHECK(text(trips[0]) == "f2 buy 3 @8 -> @9 fees 0.03 fin 0 pnl 2.97 ret 0.12375 end");
    check_identity(book, Money::of("1000"));
}

TEST_CASE("a second delivery of a fill changes nothing") {
    AccountBook book(Money::of("1000"));
    book.apply(fill_of("f1", Side::buy, "3", "10", "1"));
    const Money cash = book.cash();
    const auto again = book.apply(fill_of("f1", Side::buy, "3", "10", "1"));
    CHECK_FALSE(again.applied);
    CHECK(again.position == Quantity::of("3"));
    CHECK(book.cash() == cash);
}

TEST_CASE("strategies share the account and keep their own trips") {
    AccountBook book(Money::of("1000"));
    const auto slot = book.slot(Symbol("AAA"));
    book.apply(fill_of("a1", Side::buy, "3", "10", "0", "a"));
    book.apply(fill_of("b1", Side::sell, "3", "10", "0", "b"));
    CHECK(book.quantity(slot).is_zero());
    CHECK(book.quantity(slot, "a") == Quantity::of("3"));
    CHECK(book.quantity(slot, "b") == Quantity::of("-3"));
    CHECK(book.gross_exposure().is_zero());
    CHECK(book.strategy_positions(slot).size() == 2);
    book.mark(slot, Price::of("20"));
    CHECK(book.equity() == Money::of("1000"));
    book.apply(fill_of("a2", Side::sell, "3", "20", "0", "a"));
    book.apply(fill_of("b2", Side::buy, "3", "20", "0", "b"));
    const auto trips = book.take_round_trips();
    REQUIRE(trips.size() == 2);
    CHECK(trips[0].pnl == Money::of("30"));
    CHECK(trips[1].pnl == Money::of("-30"));
    check_identity(book, Money::of("1000"));
}

TEST_CASE("financing is borne by cash and by the open trips") {
    // 2x on 100,000 for a day at 6.5 %: the specification's example.
    AccountBook book(Money::of("100000"), Fraction::of("2"));
    book.apply(fill_of("f1", Side::buy, "1000", "200", "0", "s", "AAA"));
    market::ClassCosts terms;
    terms.financing_per_year = Fraction::of("0.065");
    terms.borrow_per_year = Fraction::of("0.0252");
    CHECK(book.buying_power().is_zero());
    CHECK(orders::accrue_financing(book, terms, kDay).to_string() == "25.79365079");
    CHECK(book.cash() == Money::of("-100025.79365079"));
    // Without a loan nothing is due; a short pays its borrow fee.
    AccountBook shorts(Money::of("100000"));
    shorts.apply(fill_of("f1", Side::sell, "100", "100", "0", "s", "BBB"));
    CHECK(orders::accrue_financing(shorts, terms, kDay).to_string() == "1");
    CHECK(shorts.short_exposure() == Money::of("10000"));
    shorts.apply(fill_of("f2", Side::buy, "100", "100", "0", "s", "BBB"));
    CHECK(text(shorts.take_round_trips().at(0)) ==
          "f1 sell 100 @100 -> @100 fees 0 fin 1 pnl -1 ret -0.0001 ");
    check_identity(shorts, Money::of("100000"));
}

TEST_CASE("adopted positions and cash are not fills") {
    AccountBook book(Money::of("1000"));
    const auto slot = book.slot(Symbol("AAA"));
    book.adopt_position(Symbol("AAA"), "adopted", Quantity::of("5"), Price::of("10"), {3});
    book.adjust_cash(Money::of("-50"));
    CHECK(book.equity() == Money::of("1000"));
    book.mark(slot, Price::of("11"));
    CHECK(book.equity() == Money::of("1005"));
    check_identity(book, Money::of("1000"));
    book.apply(fill_of("f1", Side::sell, "5", "12", "0", "adopted"));
    const auto trips = book.take_round_trips();
    REQUIRE(trips.size() == 1);
    CHECK(trips[0].pnl == Money::of("10"));
    CHECK(trips[0].trade_id.ends_with(".adopted"));
    check_identity(book, Money::of("1000"));
}

TEST_CASE("the snapshot holds what is not flat") {
    AccountBook book(Money::of("1000"), Fraction::of("1"));
    book.slot(Symbol("ZZZ"));
    const auto slot = book.slot(Symbol("AAA"));
    book.apply(fill_of("f1", Side::buy, "30", "10", "0"));
    book.mark(slot, Price::of("20"));
    book.observe({1});
    book.mark(slot, Price::of("15"));
    const auto snapshot = book.snapshot({9});
    CHECK(snapshot.as_of == Timestamp{9});
    REQUIRE(snapshot.positions.size() == 1);
    const auto& position = snapshot.positions.at(Symbol("AAA"));
    CHECK(position.cost == Money::of("300"));
    CHECK(position.market_value() == Money::of("450"));
    CHECK(snapshot.equity == Money::of("1150"));
    CHECK(snapshot.peak_equity == Money::of("1300"));
    CHECK(snapshot.buying_power == Money::of("700"));
    const auto view = orders::view_of(snapshot, Symbol("AAA"));
    CHECK(view.position == Quantity::of("30"));
    CHECK(view.symbol_value == Money::of("450"));
    CHECK(orders::view_of(snapshot, Symbol("ZZZ")).position.is_zero());
}

TEST_CASE("I-28 laws of the account") {
    law("cash and positions balance to the last digit under random fills, marks, financing", [] {
        const Money initial = Money::of("100000");
        AccountBook book(initial);
        const Symbol symbols[] = {Symbol("AAA"), Symbol("BBB"), Symbol("CCC")};
        const std::string strategies[] = {"a", "b"};
        Money cash = initial;
        Money fees;
        Money financing;
        Money unborne;
        std::map<Symbol, Quantity> held;
        std::map<Symbol, Price> price;
        Money trips_pnl;
        const int steps = *rc::gen::inRange(1, 60);
        for (int i = 0; i < steps; ++i) {
            const auto symbol = symbols[*rc::gen::inRange(0, 3)];
            const auto slot = book.slot(symbol);
            const int action = *rc::gen::inRange(0, 8);
            const auto at = Price::from_units(*rc::gen::inRange<std::int64_t>(1, 500'000'000'000));
            if (action == 0) {
                book.mark(slot, at);
                price[symbol] = at;
            } else if (action == 1) {
                const auto amount = Money::from_units(*rc::gen::inRange(0, 1'000'000'000));
                // Charged while nothing is held it is borne by no trip.
                if (*rc::gen::arbitrary<bool>()) {
                    if (book.gross_exposure().is_zero()) unborne += amount;
                    book.charge_financing(amount);
                } else {
                    if (book.strategy_positions(slot).empty()) unborne += amount;
                    book.charge_financing(slot, amount);
                }
                cash -= amount;
                financing += amount;
            } else {
                Fill fill;
                // Some ids come twice.
                fill.fill_id = std::to_string(*rc::gen::inRange(0, 80));
                fill.symbol = symbol;
                fill.strategy = strategies[*rc::gen::inRange(0, 2)];
                fill.side = *rc::gen::arbitrary<bool>() ? Side::buy : Side::sell;
                fill.quantity =
                    Quantity::from_units(*rc::gen::inRange<std::int64_t>(1, 5'000'000'000'000));
                fill.price = at;
                fill.fee = fee_of(at * fill.quantity, Fraction::of("0.001"));
                if (!book.apply(fill).applied) continue;
                const Quantity change = signed_quantity(fill.side, fill.quantity);
                cash = cash - at * change - fill.fee;
                fees += fill.fee;
                held[symbol] += change;
                if (price[symbol].is_zero()) price[symbol] = at;
            }
            Money value;
            Money gross;
            for (const auto& [each, quantity] : held) {
                value += price[each] * quantity;
                gross += (price[each] * quantity).abs();
            }
            RC_ASSERT(book.cash() == cash);
            RC_ASSERT(book.equity() == cash + value);
            RC_ASSERT(book.gross_exposure() == gross);
            const auto totals = book.totals();
            RC_ASSERT(book.equity() ==
                      initial + totals.realised + totals.unrealised - fees - financing);
            RC_ASSERT(totals.fees == fees);
            RC_ASSERT(totals.financing == financing);
            for (const RoundTrip& trip : book.take_round_trips()) trips_pnl += trip.pnl;
        }
        // Everything sold at its mark: the trips hold all profit, fees and their financing.
        for (const Symbol each : symbols) {
            const auto slot = book.slot(each);
            for (const auto& position : book.strategy_positions(slot)) {
                Fill fill;
                fill.fill_id = "end." + position.strategy + each.to_string();
                fill.symbol = each;
                fill.strategy = position.strategy;
                fill.side = position.quantity.sign() > 0 ? Side::sell : Side::buy;
                fill.quantity = position.quantity.abs();
                fill.price = book.last_price(slot);
                book.apply(fill);
            }
        }
        for (const RoundTrip& trip : book.take_round_trips()) trips_pnl += trip.pnl;
        RC_ASSERT(book.market_value().is_zero());
        RC_ASSERT(book.totals().unrealised.is_zero());
        RC_ASSERT(trips_pnl == book.totals().realised - fees - financing + unborne);
    });
}
