// Random streams of orders, fills, cancels, quotes and time through the gateway, judged by a second
// book-keeping that knows the rules and nothing of their implementation. Source: strategies spec
// 10.8 (14), I-7, I-9, I-12, I-16.
#include <algorithm>
#include <iterator>
#include <map>

#include "market/instruments.hpp"
#include "orders/gateway.hpp"
#include "tests/catch.hpp"
#include "tests/orders/order_builder.hpp"

using namespace tradewind;
using namespace tradewind::test;
using namespace tradewind::orders;

namespace {

constexpr Timestamp kStart{100 * kDay};

constexpr const char* kNames[] = {"AAA", "BBB", "CCC"};

// What a simple clerk would remember of one symbol.
struct Book {
    Quantity position;
    Price last_buy;  // of an opening fill
    Timestamp last_buy_time;
    Price last_sell;
    Timestamp last_sell_time;
    MarketView market;
};

struct Working {
    Order order;
    Quantity open;
};

struct World {
    Gateway gateway{RiskLimits::standard(Fraction::of("1"))};
    std::map<Symbol, Book> books;
    std::map<std::string, Working> working;
    Money gross;
    Timestamp now = kStart;
    int next_id = 0;

    static Instrument instrument_of(Symbol symbol) {
        return market::default_instrument(symbol, AssetClass::us_equity);
    }

    void requote() {
        gross = {};
        for (const char* name : kNames) {
            Book& book = books[Symbol(name)];
            const int mid = *rc::gen::inRange(9500, 10500);
            const int half = *rc::gen::inRange(1, 80);
            Quote quote;
            quote.symbol = Symbol(name);
            quote.bid = Price::from_units(static_cast<std::int64_t>(mid - half) * 10'000'000);
            quote.ask = Price::from_units(static_cast<std::int64_t>(mid + half) * 10'000'000);
            quote.time = now - *rc::gen::inRange(0, 90) * kSecond;
            book.market.quote = quote;
            book.market.last_price = quote.bid;
            book.market.session_open = *rc::gen::inRange(0, 5) > 0;
            gross = gross + (quote.mid() * book.position).abs();
        }
    }

    [[nodiscard]] AccountView account_for(Symbol symbol) {
        const Book& book = books[symbol];
        AccountView account;
        account.equity = account.cash = Money::of("100000");
        account.position = account.strategy_position = book.position;
        account.symbol_value = book.market.quote->mid() * book.position;
        account.gross_exposure = gross;
        account.buying_power = account.equity - gross;
        return account;
    }

    [[nodiscard]] Order random_order() {
        const Side side = *rc::gen::arbitrary<bool>() ? Side::buy : Side::sell;
        const Role role = *rc::gen::inRange(0, 3) == 0 ? Role::exit : Role::entry;
        const std::string quantity = std::to_string(*rc::gen::inRange(1, 500));
        Order order = make_order("o" + std::to_string(next_id++), side, quantity.c_str(), role);
        order.symbol = Symbol(kNames[*rc::gen::inRange(0, 3)]);
        if (*rc::gen::inRange(0, 4) == 0) return order;
        const int cents = *rc::gen::inRange(9200, 10800);
        order.type = OrderType::limit;
        order.limit_price = Price::from_units(static_cast<std::int64_t>(cents) * 10'000'000);
        return order;
    }

    void check_accepted(const Order& order) {
        const Book& book = books[order.symbol];
        const Quote& quote = *book.market.quote;
        const Price reference = order.side == Side::buy ? quote.ask : quote.bid;
        const Price price = order.limit_price.is_zero() ? reference : order.limit_price;
        // I-12: a market order has an open exchange, a young quote and a narrow spread.
        if (order.type == OrderType::market) {
            RC_ASSERT(book.market.session_open);
            RC_ASSERT(now - quote.time <= 60 * kSecond);
            RC_ASSERT(quote.ask.to_double() / quote.bid.to_double() - 1 <= 0.0101);
        }
        // I-7: no close below the last entry by 50 bp within 8 h, 500 bp within 3 days.
        if (order.role == Role::exit) {
            const bool sells = order.side == Side::sell;
            const Price entry = sells ? book.last_buy : book.last_sell;
            const Timestamp time = sells ? book.last_buy_time : book.last_sell_time;
            if (!entry.is_zero() && now - time <= 3 * kDay) {
                const double allowed = now - time <= 8 * kHour ? 0.0050 : 0.0500;
                const double loss = sells ? 1 - price.to_double() / entry.to_double()
                                          : price.to_double() / entry.to_double() - 1;
                RC_ASSERT(loss <= allowed + 1e-9);
            }
        }
    }

    // After every step: I-9 among the working limits of a symbol.
    void check_standing() {
        for (const char* name : kNames) {
            Price buy;
            Price sell;
            for (const auto& [id, each] : working) {
                const Price level = each.order.limit_price;
                if (level.is_zero() || each.order.symbol != Symbol(name)) continue;
                if (each.order.side == Side::buy) {
                    buy = buy.is_zero() ? level : std::max(buy, level);
                } else {
                    sell = sell.is_zero() ? level : std::min(sell, level);
                }
            }
            if (buy.is_zero() || sell.is_zero()) continue;
            RC_ASSERT((sell.to_double() - buy.to_double()) / buy.to_double() >= 0.0003 - 1e-12);
        }
        RC_ASSERT(gateway.reserved().sign() >= 0);
        RC_ASSERT(gateway.working() == working.size());
    }

    void submit() {
        const Order order = random_order();
        const AccountView account = account_for(order.symbol);
        const Money before = gateway.reserved();
        const auto verdict = gateway.assess(order, instrument_of(order.symbol), account,
                                            books[order.symbol].market, now);
        if (!verdict.accepted()) {
            RC_ASSERT(!verdict.reason.empty());
            RC_ASSERT(gateway.reserved() == before);
            return;
        }
        check_accepted(order);
        working[order.order_id] = {order, order.quantity};
        if (order.role != Role::entry) return;
        // I-16: never more than the snapshot allows, in all symbols together.
        Money promised;
        for (const auto& [id, each] : working) {
            if (each.order.role != Role::entry || each.order.limit_price.is_zero()) continue;
            promised = promised + each.order.limit_price * each.open;
        }
        RC_ASSERT(promised <= account.buying_power);
        RC_ASSERT(gateway.reserved() >= promised);
        RC_ASSERT(gateway.reserved() <= account.buying_power);
        RC_ASSERT(gateway.reserved() > before);
    }

    void end_one() {
        if (working.empty()) return;
        auto found = working.begin();
        std::advance(found, *rc::gen::inRange<std::ptrdiff_t>(
                                0, static_cast<std::ptrdiff_t>(working.size())));
        const auto [order, open] = found->second;
        working.erase(found);
        const auto kind = *rc::gen::element(OrderEventKind::canceled, OrderEventKind::rejected,
                                            OrderEventKind::expired, OrderEventKind::filled);
        if (kind != OrderEventKind::filled) {
            gateway.on_event(make_event(kind, order, now.ns));
            return;
        }
        Book& book = books[order.symbol];
        const Price price =
            order.limit_price.is_zero() ? book.market.quote->mid() : order.limit_price;
        gateway.on_event(
            make_fill(order, "f" + std::to_string(next_id++), open, price, {}, now.ns));
        const bool buys = order.side == Side::buy;
        book.position = buys ? book.position + open : book.position - open;
        if (order.role != Role::entry) return;
        (buys ? book.last_buy : book.last_sell) = price;
        (buys ? book.last_buy_time : book.last_sell_time) = now;
    }
};

}  // namespace

TEST_CASE("property 14: random order streams never violate I-7, I-9, I-12, I-16", "[law]") {
    law("whatever comes, what is accepted obeys", [] {
        World world;
        world.requote();
        const int steps = *rc::gen::inRange(1, 120);
        for (int step = 0; step < steps; ++step) {
            switch (*rc::gen::inRange(0, 6)) {
                case 0:
                    world.now = world.now + *rc::gen::inRange(1, 40) * kMinute;
                    world.requote();
                    break;
                case 1:
                case 2:
                    world.end_one();
                    world.requote();
                    break;
                default:
                    world.submit();
                    break;
            }
            world.check_standing();
        }
        // Once nothing works, nothing is reserved.
        while (!world.working.empty()) world.end_one();
        RC_ASSERT(world.gateway.reserved().is_zero());
    });
}
