// Random streams of orders through gateway, paper broker, blotter and account: no limit is ever
// broken, no invariant of the order path is violated, and money balances to the last digit.
// Source: strategies spec 10.8 (14), I-7, I-9, I-12, I-16, I-28.
#include <map>
#include <random>

#include "broker/paper_broker.hpp"
#include "orders/account_book.hpp"
#include "orders/blotter.hpp"
#include "orders/gateway.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::broker;
using orders::Refusal;

namespace {

void must(bool holds, const char* what) {
    if (!holds) FAIL(what);
}

struct Stream {
    static constexpr std::int64_t kStep = kHour;

    std::mt19937_64 random;
    std::vector<Instrument> instruments;
    std::vector<Price> prices;
    PaperBroker paper;
    orders::Gateway gateway;
    orders::AccountBook account;
    orders::Blotter blotter;
    Timestamp now{kDay};
    bool session_open = true;
    std::uint64_t sent = 0;
    std::uint64_t accepted = 0;
    std::map<Refusal, std::uint64_t> refusals;
    Money cash = Money::whole(100'000);  // kept from the fills alone
    Money fees;
    std::map<std::string, Price> reserve_prices;  // of working entries
    struct LastEntry {
        Price price;
        Timestamp time;
    };
    std::map<std::pair<Symbol, Side>, LastEntry> last_entry;
    std::map<std::pair<Symbol, Side>, Quantity> left_to_exit;  // by side of the entry

    static orders::RiskLimits limits() {
        auto limits = orders::RiskLimits::standard(Fraction::of("1.5"));
        limits.order_notional = Money::whole(40'000);
        limits.open_orders = 5;
        return limits;
    }
    static MatchingSettings settings(std::uint64_t seed) {
        MatchingSettings settings;
        settings.fill_model = seed % 2 == 0 ? market::FillModel::intrabar_conservative
                                            : market::FillModel::intrabar_optimistic;
        settings.costs = market::cost_preset("realistic").value();
        settings.partial_fill_probability = 0.3;
        settings.seed = seed;
        return settings;
    }

    explicit Stream(std::uint64_t seed)
        : random(seed),
          paper(settings(seed), {}),
          gateway(limits()),
          account(Money::whole(100'000), Fraction::of("1.2")) {
        for (const char* name : {"AAA", "BBB", "CCCUSD"}) {
            Instrument instrument;
            instrument.symbol = Symbol(name);
            const bool coin = instruments.size() == 2;
            instrument.asset_class = coin ? AssetClass::crypto : AssetClass::us_equity;
            instrument.shortable = !coin;
            instrument.tick = Price::of("0.01");
            instrument.lot = Quantity::of(coin ? "0.001" : "1");
            instruments.push_back(instrument);
            prices.push_back(Price::of("100"));
            must(paper.add(instrument) == account.slot(instrument.symbol), "slots agree");
        }
    }

    std::int64_t below(std::int64_t bound) {
        return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(bound));
    }
    // Around the price by up to `bp` basis points, on the tick.
    Price near(Price price, std::int64_t bp) {
        const auto factor = Fraction::from_units((below(2 * bp + 1) - bp) * 100'000);
        return nearest_tick(moved(price, factor), Price::of("0.01"));
    }

    void take(const std::vector<OrderEvent>& events) {
        for (const OrderEvent& event : events) {
            gateway.on_event(event);
            const orders::Blotter& known = blotter;
            const Order* before = known.find(event.order_id);
            must(before != nullptr, "every event is of a known order");
            const Role role = before->role;
            const auto result = blotter.apply(event);
            INFO(event.order_id << " " << to_text(event.kind) << " of "
                                << before->quantity.to_string() << " filled "
                                << before->filled_quantity.to_string() << " by "
                                << (event.fill ? event.fill->quantity.to_string() : "") << ": "
                                << result.transition.reason);
            must(!result.transition.refused(), "the broker's events are possible");
            if (event.fill) book(*event.fill, role, result.order->reason);
            if (is_closed(result.order->status)) reserve_prices.erase(event.order_id);
        }
    }

    void book(const Fill& fill, Role role, const std::string& reason) {
        const auto slot = account.slot(fill.symbol);
        must(account.apply(fill, reason).applied, "an execution comes once");
        must(!account.apply(fill, reason).applied, "and is ignored the second time");
        const Money notional = fill.price * fill.quantity;
        cash += fill.side == Side::buy ? -notional : notional;
        cash -= fill.fee;
        fees += fill.fee;
        // Both sides may be entered at once; what leaves never exceeds what was entered.
        Quantity& entered =
            left_to_exit[{fill.symbol, role == Role::entry ? fill.side : opposite(fill.side)}];
        entered += role == Role::entry ? fill.quantity : -fill.quantity;
        must(entered.sign() >= 0, "exits never exceed the entries they close");
        if (role == Role::entry) last_entry[{fill.symbol, fill.side}] = {fill.price, fill.time};
        if (instruments[slot].asset_class == AssetClass::crypto) {
            must(account.quantity(slot).sign() >= 0, "coins are never short");
        }
    }

    void check_books() {
        must(account.cash() == cash, "cash is what the fills left");
        must(paper.account(now).value.cash == cash, "the broker agrees");
        const auto totals = account.totals();
        must(account.equity() == Money::whole(100'000) + totals.realised + totals.unrealised -
                                     totals.fees - totals.financing,
             "the identity holds");
        must(totals.fees == fees, "fees add up");
        Money reserved;
        for (const auto& [id, price] : reserve_prices) {
            reserved += price * blotter.find(id)->open_quantity();
        }
        must(gateway.reserved() == reserved, "reservations are the open entries");
        // I-9 over everything that works or will: held targets included.
        std::map<Symbol, std::pair<Price, Price>> sides;
        std::size_t open = 0;
        for (const Order* order : blotter.open_orders()) {
            ++open;
            if (order->type != OrderType::limit) continue;
            auto& [buy, sell] = sides[order->symbol];
            if (order->side == Side::buy) {
                buy = std::max(buy, order->limit_price);
            } else {
                sell = sell.is_zero() ? order->limit_price : std::min(sell, order->limit_price);
            }
        }
        for (const auto& [symbol, pair] : sides) {
            const auto& [buy, sell] = pair;
            if (buy.is_zero() || sell.is_zero()) continue;
            must((static_cast<int128>(sell.units()) - buy.units()) * 10'000 >=
                     static_cast<int128>(buy.units()) * 3,
                 "sells stay above buys (I-9)");
        }
        must(open == paper.open_orders(now).value.size(), "the broker's list agrees");
    }

    void check_trips() {
        for (const orders::RoundTrip& trip : account.take_round_trips()) {
            const Money gain = trip.side == Side::buy ? trip.exit_notional - trip.entry_notional
                                                      : trip.entry_notional - trip.exit_notional;
            must(trip.pnl == gain - trip.fees - trip.financing, "a trip's profit is net");
            must(trip.quantity.sign() > 0 && trip.entry_time <= trip.exit_time, "a trip has size");
        }
    }

    Order random_order(const Instrument& instrument, Price price) {
        Order order;
        order.order_id = "o" + std::to_string(sent++);
        order.strategy = "s";
        order.symbol = instrument.symbol;
        order.time = now;
        const auto slot = account.slot(instrument.symbol);
        const Quantity held = account.quantity(slot);
        const bool coin = instrument.asset_class == AssetClass::crypto;
        order.role = held.is_zero() || below(2) == 0 ? Role::entry : Role::exit;
        order.side = below(2) == 0 ? Side::buy : Side::sell;
        if (order.role == Role::exit && below(10) != 0) {
            order.side = held.sign() > 0 ? Side::sell : Side::buy;
        }
        order.quantity = coin ? Quantity::from_units(int128{1'000'000} * (1 + below(400'000)))
                              : Quantity::whole(1 + below(400));
        if (order.role == Role::exit && below(3) != 0) order.quantity = held.abs();
        const TimeInForce tifs[] = {TimeInForce::day, TimeInForce::gtc, TimeInForce::ioc,
                                    TimeInForce::fok, TimeInForce::opg, TimeInForce::cls};
        order.time_in_force = tifs[below(6)];
        switch (below(6)) {
            case 0:
                break;
            case 1:
                order.type = OrderType::stop;
                order.stop_price = near(price, 500);
                break;
            case 2:
                order.type = OrderType::trailing_stop;
                order.stop_price = Price::whole(1 + below(5));
                break;
            case 3:
                order.type = OrderType::stop_limit;
                order.stop_price = near(price, 500);
                order.limit_price = near(price, 500);
                break;
            default:
                order.type = OrderType::limit;
                order.limit_price = near(price, below(5) == 0 ? 1500 : 200);
                break;
        }
        if (order.role == Role::entry && below(2) == 0) {
            const Price base = order.limit_price.is_zero() ? price : order.limit_price;
            if (below(2) == 0) order.exit_plan.target = near(base, 300);
            if (below(2) == 0) order.exit_plan.stop = near(base, 300);
            order.exit_plan.leave_at_close = below(3) == 0;
        }
        return order;
    }

    void send(std::size_t index) {
        const Instrument& instrument = instruments[index];
        const Order order = random_order(instrument, prices[index]);
        orders::MarketView market;
        market.last_price = prices[index];
        market.session_open = session_open || instrument.asset_class == AssetClass::crypto;
        if (below(10) != 0) {
            Quote quote;
            quote.symbol = order.symbol;
            quote.time = now - below(90) * kSecond;
            const auto half = Fraction::from_units(below(70) * 100'000);
            quote.bid = moved(prices[index], -half);
            quote.ask = moved(prices[index], half);
            market.quote = quote;
        }
        const auto view = account.view(account.slot(order.symbol), order.strategy);
        const Money reserved_before = gateway.reserved();
        const auto verdict = gateway.assess(order, instrument, view, market, now);
        ++refusals[verdict.refusal];
        must(verdict.accepted() == verdict.reason.empty(), "a refusal has a reason");
        blotter.add(order);
        if (!verdict.accepted()) {
            must(gateway.reserved() == reserved_before, "a refusal reserves nothing");
            OrderEvent refused;
            refused.kind = OrderEventKind::refused;
            refused.order_id = order.order_id;
            refused.symbol = order.symbol;
            refused.time = now;
            refused.reason = verdict.reason;
            blotter.apply(refused);
            return;
        }
        ++accepted;
        check_accepted(order, instrument, view, market, reserved_before);
        paper.submit(order, now);
        drain();
    }

    // The rules once more, from what this test knows itself.
    void check_accepted(const Order& order, const Instrument& instrument,
                        const orders::AccountView& view, const orders::MarketView& market,
                        Money reserved_before) {
        if (order.type == OrderType::market) {
            must(instrument.asset_class != AssetClass::crypto, "no market order in coins");
            must(market.session_open && market.quote, "market orders need an open exchange");
            must(now - market.quote->time <= 60 * kSecond, "and a fresh quote");
            must(market.quote->ask.to_double() / market.quote->bid.to_double() < 1.0102,
                 "and a narrow spread (I-12)");
        }
        Price touch = market.last_price;
        if (market.quote) {
            touch = order.side == Side::buy ? market.quote->ask : market.quote->bid;
        }
        if (order.role == Role::entry) {
            must(!gateway.killed(), "no entry while killed");
            const Money amount = gateway.reserved() - reserved_before;
            const Price at = Price::from_units(
                static_cast<std::int64_t>(amount.units() / order.quantity.units()));
            must(at * order.quantity == amount, "a reservation is a price times the quantity");
            must(at >= order.limit_price, "reserved at its limit at least");
            must(order.side == Side::buy || at >= touch, "a short at the market at least");
            must(amount <= Money::whole(40'000), "order notional");
            must(view.gross_exposure + gateway.reserved() <=
                     share_of(view.equity, Fraction::of("1.5")),
                 "gross exposure");
            must(view.symbol_value.abs() + gateway.reserved(order.symbol) <=
                     share_of(view.equity, Fraction::of("0.6")),
                 "symbol exposure");
            must(gateway.reserved() <= view.buying_power,
                 "reservations within buying power (I-16)");
            reserve_prices[order.order_id] = at;
            return;
        }
        must(gateway.reserved() == reserved_before, "an exit reserves no money");
        must(order.quantity <= view.position.abs(), "an exit is no larger than the position");
        if (order.type != OrderType::limit && order.type != OrderType::market) return;
        const Price price = order.type == OrderType::limit ? order.limit_price : touch;
        const auto entry = last_entry.find({order.symbol, opposite(order.side)});
        if (entry == last_entry.end()) return;
        const std::int64_t age = now - entry->second.time;
        const double loss = (order.side == Side::sell ? -1.0 : 1.0) *
                            (price.to_double() / entry->second.price.to_double() - 1.0);
        if (age <= 8 * kHour) must(loss < 0.0050001, "no death spiral (I-7)");
        if (age <= 3 * kDay) must(loss < 0.0500001, "no old death spiral (I-7)");
    }

    void drain() {
        std::vector<OrderEvent> events;
        paper.take_events(events);
        take(events);
    }

    void one_bar() {
        for (std::size_t i = 0; i < instruments.size(); ++i) {
            Bar bar;
            bar.start = now;
            bar.end = now + kStep;
            bar.open = near(prices[i], 30);
            bar.close = near(bar.open, 150);
            bar.high = std::max(std::max(bar.open, bar.close), near(bar.open, 150));
            bar.low = std::min(std::min(bar.open, bar.close), near(bar.open, 150));
            // The walk stays in a range, so that it neither vanishes nor overflows.
            if (bar.close < Price::of("20") || bar.close > Price::of("500")) bar.close = bar.open;
            paper.on_bar_opened(static_cast<SlotId>(i), bar.start, bar.open);
            paper.on_bar_closed(static_cast<SlotId>(i), bar);
            prices[i] = bar.close;
            drain();
            account.mark(account.slot(instruments[i].symbol), bar.close);
        }
        now = now + kStep;
    }

    void session(SessionPhase phase) {
        session_open = phase == SessionPhase::opened;
        paper.on_session({phase, {}, false}, now);
        paper.on_session({phase, {}, true}, now);
        drain();
    }

    void run(std::uint64_t orders_wanted) {
        session(SessionPhase::opened);
        for (std::uint64_t step = 0; sent < orders_wanted; ++step) {
            for (std::int64_t i = below(12); i > 0; --i) {
                send(static_cast<std::size_t>(below(3)));
                if (below(4) == 0) cancel_one();
            }
            if (below(50) == 0) gateway.killed() ? gateway.resume() : gateway.kill();
            one_bar();
            if (step % 7 == 6) {
                session(SessionPhase::closed);
                if (below(2) == 0) send(static_cast<std::size_t>(below(3)));
                session(SessionPhase::opened);
            }
            check_books();
            if (step % 64 == 0) {
                blotter.forget_closed([](const Order&) {});
                check_trips();
            }
        }
        paper.end_of_data(now);
        drain();
        check_books();
        must(gateway.reserved().is_zero(), "nothing is reserved at the end");
        must(gateway.working() == 0, "nothing works at the end");
        must(blotter.open_count() == 0, "nothing is open at the end");
    }

    void cancel_one() {
        const auto open = blotter.open_orders();
        if (open.empty()) return;
        const std::string id =
            open[static_cast<std::size_t>(below(static_cast<std::int64_t>(open.size())))]->order_id;
        paper.cancel(id, now);
        drain();
    }
};

void run_streams(std::uint64_t streams, std::uint64_t orders_each) {
    std::map<Refusal, std::uint64_t> refusals;
    std::uint64_t accepted = 0;
    for (std::uint64_t seed = 1; seed <= streams; ++seed) {
        INFO("seed " << seed);
        Stream stream(seed);
        stream.run(orders_each);
        accepted += stream.accepted;
        for (const auto& [refusal, count] : stream.refusals) refusals[refusal] += count;
    }
    CHECK(accepted > streams * orders_each / 20);
    // The streams reach every rule but the two that they cannot: ids are new, blocking is not used.
    for (int i = 1; i <= static_cast<int>(Refusal::open_orders); ++i) {
        const auto refusal = static_cast<Refusal>(i);
        if (refusal == Refusal::duplicate_id || refusal == Refusal::entries_blocked ||
            refusal == Refusal::side_forbidden || refusal == Refusal::no_price) {
            continue;
        }
        INFO(orders::to_text(refusal));
        CHECK(refusals[refusal] > 0);
    }
}

}  // namespace

TEST_CASE("a million random orders never break a limit or the identity") {
    run_streams(200, 5'000);
}

TEST_CASE("ten million random orders never break a limit or the identity", "[.long]") {
    run_streams(2'000, 5'000);
}
