#include "orders/entry_watcher.hpp"

#include "market/calendar.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::orders;

namespace {

constexpr Timestamp kNow{100 * kDay};

EntryPlan plan_of() {
    EntryPlan plan;
    plan.symbol = Symbol("AAA");
    plan.limit = Price::of("100");
    plan.target = Quantity::of("100");
    plan.lot = Quantity::of("1");
    plan.expiry = kNow + kDay;
    return plan;
}

EntryView view_of(const char* bid = "99.9", const char* ask = "100.1") {
    EntryView view;
    view.now = kNow;
    Quote quote;
    quote.bid = Price::of(bid);
    quote.ask = Price::of(ask);
    view.quote = quote;
    view.spendable = Money::of("1000000");
    return view;
}

std::string text(const EntryTick& tick) {
    std::string text(to_text(tick.progress.state));
    switch (tick.action) {
        case WatcherAction::none:
            break;
        case WatcherAction::cancel_own:
            text += ", cancel";
            break;
        case WatcherAction::submit:
            text += ", submit " + tick.quantity.to_string() + " at " + tick.limit.to_string();
            break;
        case WatcherAction::steal:
            text += ", steal for " + tick.quantity.to_string();
            break;
        case WatcherAction::end:
            text += ", end";
            break;
    }
    return text;
}

}  // namespace

TEST_CASE("an entry watcher's tick by cases") {
    struct Case {
        const char* what;
        const char* expected;
        void (*change)(EntryPlan&, EntryProgress&, EntryView&);
    };
    const Case cases[] = {
        {"near the limit", "submitting_order, submit 100 at 100",
         [](EntryPlan&, EntryProgress&, EntryView&) {}},
        {"expired", "expired, end",
         [](EntryPlan& p, EntryProgress&, EntryView& v) { p.expiry = v.now; }},
        {"expired with an order", "expired, cancel",
         [](EntryPlan& p, EntryProgress&, EntryView& v) {
             p.expiry = v.now;
             v.open_quantity = Quantity::of("1");
         }},
        {"99 % of the target are enough", "position_open",
         [](EntryPlan&, EntryProgress&, EntryView& v) { v.position = Quantity::of("99"); }},
        {"98 % are not", "submitting_order, submit 2 at 100",
         [](EntryPlan&, EntryProgress&, EntryView& v) { v.position = Quantity::of("98"); }},
        {"a rest below half a percent is nothing", "submitting_order, submit 100 at 100",
         [](EntryPlan&, EntryProgress&, EntryView& v) { v.position = Quantity::of("0.4"); }},
        {"the other side's position does not enlarge", "submitting_order, submit 100 at 100",
         [](EntryPlan&, EntryProgress&, EntryView& v) { v.position = Quantity::of("-50"); }},
        {"own order works", "awaiting_fill",
         [](EntryPlan&, EntryProgress&, EntryView& v) {
             v.open_quantity = Quantity::of("100");
             v.oldest_open = v.now - 24 * kHour;
         }},
        {"own order is old", "old_orders_cancelled, cancel",
         [](EntryPlan&, EntryProgress&, EntryView& v) {
             v.open_quantity = Quantity::of("100");
             v.oldest_open = v.now - 24 * kHour - 1;
         }},
        {"submitted and unknown, list empty: no second order", "order_submitted",
         [](EntryPlan&, EntryProgress& s, EntryView&) { s.pending = Quantity::of("100"); }},
        {"no quote", "awaiting_price",
         [](EntryPlan&, EntryProgress&, EntryView& v) { v.quote.reset(); }},
        {"ask 0.66 % away", "submitting_order, submit 100 at 100",
         [](EntryPlan&, EntryProgress&, EntryView& v) { v.quote->ask = Price::of("100.66"); }},
        {"ask farther", "waiting_for_trigger",
         [](EntryPlan&, EntryProgress&, EntryView& v) { v.quote->ask = Price::of("100.67"); }},
        {"a sell looks at the bid", "waiting_for_trigger",
         [](EntryPlan& p, EntryProgress&, EntryView& v) {
             p.side = Side::sell;
             v.quote->bid = Price::of("99.33");
         }},
        {"forced", "submitting_order, submit 100 at 100",
         [](EntryPlan& p, EntryProgress&, EntryView& v) {
             p.forced = true;
             v.quote->ask = Price::of("120");
         }},
        {"no money", "blocked_no_cash, steal for 100",
         [](EntryPlan&, EntryProgress&, EntryView& v) { v.spendable = Money::of("9999.99"); }},
        {"a short does not pay", "submitting_order, submit 100 at 100",
         [](EntryPlan& p, EntryProgress&, EntryView& v) {
             p.side = Side::sell;
             v.spendable = Money{};
         }},
        {"a short counts its own position", "submitting_order, submit 60 at 100",
         [](EntryPlan& p, EntryProgress&, EntryView& v) {
             p.side = Side::sell;
             v.position = Quantity::of("-40");
         }},
        {"pause after an error", "order_error",
         [](EntryPlan&, EntryProgress& s, EntryView& v) { s.pause_until = v.now + 1; }},
        {"a final state stays", "cancelled, end",
         [](EntryPlan&, EntryProgress& s, EntryView&) { s.state = WatcherState::cancelled; }},
    };
    for (const Case& each : cases) {
        INFO(each.what);
        EntryPlan plan = plan_of();
        EntryProgress progress;
        EntryView view = view_of();
        each.change(plan, progress, view);
        CHECK(text(tick(plan, progress, view)) == each.expected);
    }
}

TEST_CASE("a reservation ends with the broker's answer, errors pause and end") {
    const EntryPlan plan = plan_of();
    EntryView view = view_of();
    EntryTick step = tick(plan, {}, view);
    CHECK(step.progress.pending == Quantity::of("100"));
    view.now = view.now + 10 * kHour;
    CHECK(tick(plan, step.progress, view).action == WatcherAction::none);
    EntryProgress progress = submitted_acknowledged(step.progress, step.quantity);
    CHECK(progress.pending.is_zero());
    view.open_quantity = Quantity::of("100");
    view.oldest_open = view.now;
    CHECK(text(tick(plan, progress, view)) == "awaiting_fill");

    view = view_of();
    progress = {};
    for (std::uint32_t i = 1; i <= kEquityErrorLimit; ++i) {
        step = tick(plan, progress, view);
        REQUIRE(step.action == WatcherAction::submit);
        progress = submitted_failed(plan, step.progress, step.quantity, view.now);
        CHECK(progress.errors == i);
        CHECK(tick(plan, progress, view).action != WatcherAction::submit);  // within the pause
        view.now = view.now + kErrorPause;
    }
    CHECK(progress.state == WatcherState::error_limit_exceeded);
    CHECK(tick(plan, progress, view).action == WatcherAction::end);
    EntryPlan coin = plan;
    coin.asset_class = AssetClass::crypto;
    progress.errors = 1000;
    CHECK(submitted_failed(coin, progress, {}, kNow).state == WatcherState::order_error);
}

TEST_CASE("entries expire with the next session, or the coins' next evening") {
    const auto new_york = [](int month, int day, int hour, int minute) {
        return market::new_york_time(date_of(2025, unsigned(month), unsigned(day)), hour, minute);
    };
    CHECK(entry_expiry(AssetClass::us_equity, new_york(11, 19, 9, 35)) == new_york(11, 20, 16, 0));
    // Over a weekend, and to a half day after a holiday.
    CHECK(entry_expiry(AssetClass::us_equity, new_york(11, 21, 12, 0)) == new_york(11, 24, 16, 0));
    CHECK(entry_expiry(AssetClass::us_equity, new_york(11, 26, 12, 0)) == new_york(11, 28, 13, 0));
    CHECK(entry_expiry(AssetClass::crypto, new_york(11, 19, 0, 5)) == new_york(11, 20, 22, 0));
    CHECK(entry_expiry(AssetClass::crypto, new_york(11, 19, 23, 59)) == new_york(11, 20, 22, 0));
}
