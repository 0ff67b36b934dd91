// Random streams of orders, fills, cancels, quotes and time through the gateway, judged by a second
// book-keeping that knows the rules and nothing of their implementation. Source: strategies spec
// 10.8 (14), I-7, I-9, I-12, I-16.
#include <map>
#include <vector>

#include "market/instruments.hpp"
#include "orders/gateway.hpp"
#include "tests/catch.hpp"
#include "tests/orders/order_builder.hpp"

using namespace tradewind;
using namespace tradewind::test;
using namespace tradewind::orders;

namespace {

constexpr Timestamp kStart{100 * kDay};

// What a simple clerk would remember.
struct Ledger {
    struct Working {
        Order order;
        Quantity open;
    };
    std::map<std::string, Working> working;
    Quantity position;
    Price last_buy;  // of an opening fill
    Timestamp last_buy_time;
    Price last_sell;
    Timestamp last_sell_time;

    [[nodiscard]] Money reserved(Price mid) const {
        Money total;
        for (const auto& [id, each] : working) {
            if (each.order.role != Role::entry) continue;
            const Price price = each.order.limit_price.is_zero() ? mid : each.order.limit_price;
            total = total + price * each.open;
        }
        return total;
    }
};

struct World {
    Instrument instrument = market::default_instrument(Symbol("AAA"), AssetClass::us_equity);
    Gateway gateway{RiskLimits::standard(Fraction::of("1"))};
    Ledger ledger;
    MarketView market;
    AccountView account;
    Timestamp now = kStart;
    int next_id = 0;

    void requote() {
        const int mid = *rc::gen::inRange(9500, 10500);
        const int half = *rc::gen::inRange(1, 80);
        Quote quote;
        quote.symbol = instrument.symbol;
        quote.bid = Price::from_units(static_cast<std::int64_t>(mid - half) * 10'000'000);
        quote.ask = Price::from_units(static_cast<std::int64_t>(mid + half) * 10'000'000);
        quote.time = now - *rc::gen::inRange(0, 90) * kSecond;
        market.quote = quote;
        market.last_price = quote.bid;
        market.session_open = *rc::gen::inRange(0, 5) > 0;
        account.equity = account.cash = Money::of("100000");
        account.position = account.strategy_position = ledger.position;
        account.symbol_value = quote.mid() * ledger.position;
        account.gross_exposure = account.symbol_value.abs();
        account.buying_power = account.equity - account.gross_exposure;
    }

    [[nodiscard]] Order random_order() {
        const Side side = *rc::gen::arbitrary<bool>() ? Side::buy : Side::sell;
        const Role role = *rc::gen::inRange(0, 3) == 0 ? Role::exit : Role::entry;
        const std::string id = "o" + std::to_string(next_id++);
        const std::string quantity = std::to_string(*rc::gen::inRange(1, 400));
        if (*rc::gen::inRange(0, 4) == 0) return make_order(id, side, quantity.c_str(), role);
        const int cents = *rc::gen::inRange(9200, 10800);
        Order order = make_order(id, side, quantity.c_str(), role);
        order.type = OrderType::limit;
        order.limit_price = Price::from_units(static_cast<std::int64_t>(cents) * 10'000'000);
        return order;
    }

    void check_accepted(const Order& order) {
        const Price reference = order.side == Side::buy ? market.quote->ask : market.quote->bid;
        const Price price = order.limit_price.is_zero() ? reference : order.limit_price;
        // I-12: a market order has an open exchange, a young quote and a narrow spread.
        if (order.type == OrderType::market) {
            RC_ASSERT(market.session_open);
            RC_ASSERT(now - market.quote->time <= 60 * kSecond);
            const double spread = market.quote->ask.to_double() / market.quote->bid.to_double() - 1;
            RC_ASSERT(spread <= 0.0101);
        }
        // I-7: no close below the last entry by 50 bp within 8 h, 500 bp within 3 days.
        if (order.role == Role::exit) {
            const bool sells = order.side == Side::sell;
            const Price entry = sells ? ledger.last_buy : ledger.last_sell;
            const Timestamp time = sells ? ledger.last_buy_time : ledger.last_sell_time;
            if (!entry.is_zero() && now - time <= 3 * kDay) {
                const double allowed = now - time <= 8 * kHour ? 0.0050 : 0.0500;
                const double loss = sells ? 1 - price.to_double() / entry.to_double()
                                          : price.to_double() / entry.to_double() - 1;
                RC_ASSERT(loss <= allowed + 1e-9);
            }
        }
    }

    // After every step: I-9 among the working limits, I-16 over all reservations.
    void check_standing() {
        Price buy;
        Price sell;
        for (const auto& [id, each] : ledger.working) {
            const Price level = each.order.limit_price;
            if (level.is_zero()) continue;
            if (each.order.side == Side::buy) {
                buy = buy.is_zero() ? level : std::max(buy, level);
            } else {
                sell = sell.is_zero() ? level : std::min(sell, level);
            }
        }
        if (!buy.is_zero() && !sell.is_zero()) {
            RC_ASSERT((sell.to_double() - buy.to_double()) / buy.to_double() >= 0.0003 - 1e-12);
        }
        RC_ASSERT(gateway.reserved().sign() >= 0);
        RC_ASSERT(gateway.working() == ledger.working.size());
    }

    void submit() {
        const Order order = random_order();
        const Money before = gateway.reserved();
        const auto verdict = gateway.assess(order, instrument, account, market, now);
        if (!verdict.accepted()) {
            RC_ASSERT(!verdict.reason.empty());
            RC_ASSERT(gateway.reserved() == before);
            return;
        }
        check_accepted(order);
        ledger.working[order.order_id] = {order, order.quantity};
        if (order.role == Role::entry) {
            // I-16: never more than the snapshot allows, whatever raced before it.
            RC_ASSERT(gateway.reserved() <= account.buying_power);
            RC_ASSERT(gateway.reserved() + account.gross_exposure <= account.equity);
            RC_ASSERT(gateway.reserved() > before);
        }
    }

    void end_one() {
        if (ledger.working.empty()) return;
        auto found = ledger.working.begin();
        std::advance(found, *rc::gen::inRange<std::ptrdiff_t>(
                                0, static_cast<std::ptrdiff_t>(ledger.working.size())));
        auto& [order, open] = found->second;
        const auto kind = *rc::gen::element(OrderEventKind::canceled, OrderEventKind::rejected,
                                            OrderEventKind::expired, OrderEventKind::filled);
        if (kind != OrderEventKind::filled) {
            gateway.on_event(make_event(kind, order, now.ns));
            ledger.working.erase(found);
            return;
        }
        const Price price = order.limit_price.is_zero() ? market.quote->mid() : order.limit_price;
        const std::string id = "f" + std::to_string(next_id++);
        gateway.on_event(make_fill(order, id, open, price, {}, now.ns));
        const bool buys = order.side == Side::buy;
        ledger.position = buys ? ledger.position + open : ledger.position - open;
        if (order.role == Role::entry) {
            (buys ? ledger.last_buy : ledger.last_sell) = price;
            (buys ? ledger.last_buy_time : ledger.last_sell_time) = now;
        }
        ledger.working.erase(found);
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
        while (!world.ledger.working.empty()) world.end_one();
        RC_ASSERT(world.gateway.reserved().is_zero());
    });
}
