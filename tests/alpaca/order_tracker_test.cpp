// Orders under ambiguity: a table of situations, and the law that the exchange's truth wins.
#include "broker/alpaca/order_tracker.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "orders/order_state_machine.hpp"
#include "tests/alpaca/tracker_bench.hpp"

using namespace tradewind;
using namespace tradewind::broker::alpaca;
using namespace tradewind::test;

TEST_CASE("an order is posted once, and its fills come once") {
    Bench bench;
    bench.tracker.submit(order_of("a"), AssetClass::us_equity, at(0));
    bench.tracker.submit(order_of("a"), AssetClass::us_equity, at(0));
    const auto work = bench.work(WorkKind::post, 0);
    CHECK_FALSE(bench.tracker.next_work(at(0)));
    const auto wire = bench.exchange.post(work.order);
    bench.tracker.posted("a", accepted(*wire), at(0.1));
    CHECK(told(bench.tracker) == "accepted");
    auto& held = bench.exchange.orders["a"];
    bench.exchange.fill(held, Quantity::of("4"), Price::of("100"));
    bench.exchange.fill(held, Quantity::of("6"), Price::of("101"));
    bench.deliver(2, 0.2);  // out of order
    bench.deliver(1, 0.3);
    bench.deliver(0, 0.4);  // `new` after the fills
    bench.deliver(1, 0.5);
    bench.deliver(2, 0.6);
    CHECK(told(bench.tracker) == "filled:6 filled:4");
    CHECK_FALSE(bench.tracker.unsettled());
    CHECK(bench.tracker.take_alarms().empty());
    CHECK(bench.tracker.find("a")->status == OrderStatus::filled);
}

TEST_CASE("the stream may speak before the reply") {
    Bench bench;
    bench.tracker.submit(order_of("a"), AssetClass::us_equity, at(0));
    (void)bench.exchange.post(bench.work(WorkKind::post, 0).order);
    bench.exchange.fill(bench.exchange.orders["a"], Quantity::of("10"), Price::of("100"));
    bench.deliver(1, 0.1);
    CHECK(told(bench.tracker) == "accepted filled:10");
    bench.tracker.posted("a", reply(PostReply::Kind::unknown), at(8));
    CHECK(told(bench.tracker).empty());
    CHECK_FALSE(bench.tracker.next_work(at(100)));
}

TEST_CASE("a cancel does not wait behind a post whose answer does not come") {
    Bench bench;
    bench.tracker.submit(order_of("a"), AssetClass::us_equity, at(0));
    const auto wire = bench.exchange.post(bench.work(WorkKind::post, 0).order);
    bench.tracker.posted("a", accepted(*wire), at(0.1));
    bench.tracker.submit(order_of("b"), AssetClass::us_equity, at(1));
    (void)bench.work(WorkKind::post, 1);
    bench.tracker.submit(order_of("c"), AssetClass::us_equity, at(1));
    bench.tracker.cancel("a", at(2));
    auto kinds = WorkKinds::all();
    kinds.remove(WorkKind::post);
    CHECK(bench.tracker.next_due_ns(kinds) == at(2).steady_ns);
    const auto cancel = bench.tracker.next_work(at(2), kinds);
    REQUIRE(cancel);
    CHECK(cancel->kind == WorkKind::cancel);
    CHECK(cancel->client_order_id == "a");
    CHECK_FALSE(bench.tracker.next_work(at(2), kinds));
    CHECK(bench.tracker.next_due_ns(kinds) > at(2).steady_ns);
    kinds.add(WorkKind::post);
    CHECK(bench.tracker.next_due_ns(kinds) == at(1).steady_ns);
    CHECK(bench.tracker.next_work(at(2), kinds)->client_order_id == "c");
}

TEST_CASE("an open outcome is looked up, never sent again blindly") {
    Bench bench;
    bench.tracker.submit(order_of("a"), AssetClass::us_equity, at(0));
    (void)bench.exchange.post(bench.work(WorkKind::post, 0).order);
    bench.tracker.posted("a", reply(PostReply::Kind::unknown), at(1));
    CHECK(bench.tracker.unsettled());
    CHECK_FALSE(bench.tracker.next_work(at(1)));
    SECTION("it is there") {
        CHECK(bench.work(WorkKind::look_up, 2).urgent);
        bench.tracker.looked_up("a", kAbsent, at(2));  // a brief 404
        CHECK_FALSE(bench.tracker.next_work(at(3)));
        (void)bench.work(WorkKind::look_up, 4);
        bench.tracker.looked_up("a", {LookUpReply::Kind::found, bench.exchange.orders["a"].order},
                                at(4));
        CHECK(told(bench.tracker) == "accepted");
    }
    SECTION("evidence on the stream ends the repetition") {
        for (const double t : {2, 4, 8}) {
            (void)bench.work(WorkKind::look_up, t);
            bench.tracker.looked_up("a", kAbsent, at(t));
        }
        bench.deliver(0, 9);
        CHECK(told(bench.tracker) == "accepted");
        (void)bench.work(WorkKind::look_up, 60);
        bench.tracker.looked_up("a", kAbsent, at(60));
        for (double t = 61; t < 200; t += 1) {
            if (const auto next = bench.tracker.next_work(at(t))) {
                CHECK(next->kind == WorkKind::look_up);
                bench.tracker.looked_up("a", kAbsent, at(t));
            }
        }
        CHECK(told(bench.tracker).empty());
        CHECK(bench.tracker.take_alarms().size() == 1);
    }
}

TEST_CASE("absent several times over some seconds: sent again under the same id, or dropped") {
    for (const auto role : {Role::entry, Role::exit}) {
        Bench bench;
        bench.tracker.submit(order_of("a", "10", role), AssetClass::us_equity, at(0));
        (void)bench.work(WorkKind::post, 0);
        const double lost = role == Role::entry ? 18 : 0.5;  // an entry that became too old
        bench.tracker.posted("a", reply(PostReply::Kind::unknown), at(lost));
        int asked = 0;
        std::optional<Work> next;
        for (double t = lost; t < lost + 60 && !next; t += 0.5) {
            next = bench.tracker.next_work(at(t));
            if (next && next->kind == WorkKind::look_up) {
                bench.tracker.looked_up("a", kAbsent, at(t));
                ++asked;
                next.reset();
            }
        }
        CHECK(asked >= 4);
        if (role == Role::exit) {
            REQUIRE(next);
            CHECK(next->kind == WorkKind::post);
            CHECK(next->client_order_id == "a");
            CHECK(told(bench.tracker).empty());
        } else {
            CHECK_FALSE(next);
            CHECK(told(bench.tracker) == "canceled");
        }
    }
}

TEST_CASE("a POST's answers") {
    struct Row {
        PostReply::Kind kind;
        Role role;
        const char* events;
        const char* next;  // the work due a second later
    };
    using Kind = PostReply::Kind;
    const std::vector<Row> rows = {
        {Kind::refused, Role::entry, "rejected", ""},
        {Kind::refused, Role::exit, "rejected", ""},
        {Kind::duplicate, Role::entry, "", "look_up"},
        {Kind::keys_refused, Role::entry, "rejected", ""},
        {Kind::keys_refused, Role::exit, "", "post"},
        {Kind::rate_limited, Role::entry, "", "post"},
        {Kind::not_sent, Role::entry, "", "post"},
        {Kind::unknown, Role::exit, "", "look_up"},
    };
    for (const auto& row : rows) {
        Bench bench;
        bench.tracker.submit(order_of("a", "1", row.role), AssetClass::us_equity, at(0));
        (void)bench.work(WorkKind::post, 0);
        bench.tracker.posted("a", reply(row.kind, "why"), at(0));
        CHECK(told(bench.tracker) == row.events);
        const auto next = bench.tracker.next_work(at(1));
        const std::string kind = !next                             ? ""
                                 : next->kind == WorkKind::post    ? "post"
                                 : next->kind == WorkKind::look_up ? "look_up"
                                                                   : "other";
        CHECK(kind == row.next);
    }
}

TEST_CASE("a canceled order tells its cancel after its executions, though they come late") {
    Bench bench;
    bench.tracker.submit(order_of("a"), AssetClass::us_equity, at(0));
    const auto wire = bench.exchange.post(bench.work(WorkKind::post, 0).order);
    bench.tracker.posted("a", accepted(*wire), at(0));
    auto& held = bench.exchange.orders["a"];
    bench.tracker.cancel("a", at(1));
    (void)bench.work(WorkKind::cancel, 1);
    bench.exchange.fill(held, Quantity::of("3"), Price::of("100"));
    bench.exchange.close(held, WireStatus::canceled, "canceled");
    bench.tracker.canceled("a", {CancelReply::Kind::requested}, at(1));
    (void)told(bench.tracker);
    bench.deliver(2, 1.1);  // canceled; the fill is withheld
    CHECK(told(bench.tracker).empty());
    CHECK(bench.tracker.unsettled());
    CHECK_FALSE(bench.tracker.next_work(at(1.5)));
    (void)bench.work(WorkKind::executions, 2.2);
    SECTION("activities name it") {
        bench.tracker.read_executions(bench.exchange.executions, at(2.3));
        CHECK(told(bench.tracker) == "filled:3 canceled");
        bench.deliver(1, 3);  // the withheld update after all
        CHECK(told(bench.tracker).empty());
    }
    SECTION("nothing names it: the order's own numbers") {
        bench.tracker.read_executions(std::vector<WireExecution>{}, at(2.3));
        for (double t = 2.5; t < 60; t += 0.5) {
            const auto next = bench.tracker.next_work(at(t));
            if (!next) continue;
            CHECK(next->kind == WorkKind::executions);
            bench.tracker.read_executions(std::vector<WireExecution>{}, at(t));
        }
        CHECK(told(bench.tracker) == "filled:3 canceled");
        CHECK(bench.tracker.take_alarms().size() == 1);
        bench.deliver(1, 61);
        CHECK(told(bench.tracker).empty());
    }
}

TEST_CASE("a fill against a cancel: the order is read, and what it says counts") {
    Bench bench;
    bench.tracker.submit(order_of("a"), AssetClass::us_equity, at(0));
    const auto wire = bench.exchange.post(bench.work(WorkKind::post, 0).order);
    bench.tracker.posted("a", accepted(*wire), at(0));
    bench.tracker.cancel("a", at(1));
    (void)bench.work(WorkKind::cancel, 1);
    bench.exchange.fill(bench.exchange.orders["a"], Quantity::of("10"), Price::of("100"));
    bench.tracker.canceled("a", {CancelReply::Kind::too_late}, at(1));
    (void)bench.work(WorkKind::look_up, 1);
    bench.tracker.looked_up("a", {LookUpReply::Kind::found, bench.exchange.orders["a"].order},
                            at(1));
    (void)bench.work(WorkKind::executions, 2.5);
    bench.tracker.read_executions(bench.exchange.executions, at(2.5));
    CHECK(told(bench.tracker) == "accepted filled:10");
    CHECK(bench.tracker.find("a")->status == OrderStatus::filled);
}

TEST_CASE("while sending is not allowed exits wait, and a cancel of what waits ends it") {
    Bench bench;
    bench.tracker.allow_sending(false);
    bench.tracker.submit(order_of("x", "1", Role::exit), AssetClass::us_equity, at(0));
    bench.tracker.submit(order_of("y", "1", Role::exit), AssetClass::us_equity, at(0));
    CHECK_FALSE(bench.tracker.next_work(at(1'000)));
    bench.tracker.cancel("y", at(1'000));
    CHECK(told(bench.tracker) == "canceled");
    bench.tracker.allow_sending(true);
    CHECK(bench.work(WorkKind::post, 1'001).client_order_id == "x");
}

TEST_CASE("an empty list is no evidence: the order is looked up") {
    Bench bench;
    bench.tracker.submit(order_of("a"), AssetClass::us_equity, at(0));
    const auto wire = bench.exchange.post(bench.work(WorkKind::post, 0).order);
    bench.tracker.posted("a", accepted(*wire), at(0));
    (void)told(bench.tracker);
    bench.tracker.listed({}, at(1), at(1));
    CHECK(told(bench.tracker).empty());
    CHECK(bench.tracker.open_orders().size() == 1);
    CHECK(bench.work(WorkKind::look_up, 1).client_order_id == "a");
    auto stranger = *wire;
    stranger.id = "other";
    stranger.client_order_id = "by hand";
    bench.tracker.listed({*wire, stranger}, at(2), at(2));
    REQUIRE(bench.tracker.foreign().size() == 1);
    CHECK(bench.tracker.foreign()[0].client_order_id == "by hand");
}

namespace {

// The books of the daemon: what was decided, moved by the events, as a restart finds them.
struct Books {
    std::map<std::string, Order> orders;
    std::set<std::string> fills;
    std::map<std::string, std::vector<Fill>> executed;

    void take(OrderTracker& tracker) {
        std::vector<OrderEvent> events;
        tracker.take_events(events);
        for (const auto& event : events) {
            if (event.fill) {
                RC_ASSERT(fills.insert(event.fill->fill_id).second);
                executed[event.order_id].push_back(*event.fill);
            }
            const auto moved = orders::apply(orders.at(event.order_id), event);
            RC_ASSERT(!moved.refused());
        }
    }
};

struct World {
    ScriptedExchange exchange;
    OrderTracker tracker;
    Books books;
    double now = 0;
    bool faults = true;
    bool restarted = false;
    std::vector<std::uint32_t> script;
    std::size_t used = 0;
    std::set<std::string> answered;  // ids whose acceptance the tracker has been told of

    std::uint32_t draw(std::uint32_t below) {
        if (!faults || script.empty()) return 0;
        const auto lap = used / script.size();
        const auto value = script[used % script.size()] / (1 + lap);
        ++used;
        return static_cast<std::uint32_t>(value % below);
    }

    void answer(const Work& work) {
        switch (work.kind) {
            case WorkKind::post: {
                RC_ASSERT(!answered.contains(work.client_order_id));
                const auto fault = draw(8);
                if (fault == 1) {
                    tracker.posted(work.client_order_id, reply(PostReply::Kind::not_sent), at(now));
                    return;
                }
                if (fault == 2) {  // lost on the way there
                    tracker.posted(work.client_order_id, reply(PostReply::Kind::unknown), at(now));
                    return;
                }
                const auto wire = exchange.post(work.order);
                if (fault == 3) {  // lost on the way back
                    tracker.posted(work.client_order_id, reply(PostReply::Kind::unknown), at(now));
                } else if (wire) {
                    answered.insert(work.client_order_id);
                    tracker.posted(work.client_order_id, accepted(*wire), at(now));
                } else {
                    tracker.posted(work.client_order_id, reply(PostReply::Kind::duplicate),
                                   at(now));
                }
                return;
            }
            case WorkKind::look_up: {
                const auto held = exchange.orders.find(work.client_order_id);
                const auto fault = draw(6);
                LookUpReply look;
                if (fault == 1) {
                    look.kind = LookUpReply::Kind::failed;
                } else if (held == exchange.orders.end() || (fault == 2 && draw(2) == 1)) {
                    look.kind = LookUpReply::Kind::absent;
                } else {
                    look = {LookUpReply::Kind::found, held->second.order};
                    answered.insert(work.client_order_id);
                }
                tracker.looked_up(work.client_order_id, look, at(now));
                return;
            }
            case WorkKind::cancel: {
                auto* held = exchange.by_broker_id(work.broker_id);
                RC_ASSERT(held != nullptr);
                CancelReply said{CancelReply::Kind::requested};
                if (is_terminal(held->order.status)) {
                    said.kind = CancelReply::Kind::too_late;
                } else if (draw(4) == 1) {
                    said.kind = CancelReply::Kind::failed;
                } else {
                    exchange.close(*held, WireStatus::canceled, "canceled");
                    if (draw(4) == 1) said.kind = CancelReply::Kind::failed;
                }
                tracker.canceled(work.client_order_id, said, at(now));
                return;
            }
            case WorkKind::executions:
                if (draw(4) == 1) {
                    tracker.read_executions(std::nullopt, at(now));
                } else {
                    tracker.read_executions(exchange.executions, at(now));
                }
                return;
        }
    }

    void market() {
        if (exchange.orders.empty()) return;
        auto held = exchange.orders.begin();
        std::advance(held, draw(static_cast<std::uint32_t>(exchange.orders.size())));
        switch (draw(6)) {
            case 1:
            case 2:
                exchange.fill(held->second, Quantity::whole(1 + draw(5)),
                              Price::whole(100 + draw(5)));
                break;
            case 3:
                exchange.close(held->second, WireStatus::expired, "expired");
                break;
            case 4:
                exchange.close(held->second, WireStatus::rejected, "rejected");
                break;
            default:
                break;
        }
    }

    void stream() {
        if (exchange.updates.empty()) return;
        const auto at_index = draw(static_cast<std::uint32_t>(exchange.updates.size()));
        const auto update = exchange.updates[at_index];
        const auto fate = draw(5);
        if (fate != 1) {
            tracker.updated(update, at(now));
            if (tracker.knows(update.order.client_order_id)) {
                answered.insert(update.order.client_order_id);
            }
        }
        if (fate != 2) exchange.updates.erase(exchange.updates.begin() + at_index);
    }

    void restart() {
        restarted = true;
        books.take(tracker);
        OrderTracker fresh;
        fresh.allow_sending(true);
        for (const auto& [id, order] : books.orders) {
            if (!is_closed(order.status)) {
                fresh.restore(order, AssetClass::us_equity, books.executed[id], at(now));
            }
        }
        tracker = std::move(fresh);
        answered.clear();
    }
};

}  // namespace

TEST_CASE("whatever is lost, repeated or reordered, the exchange's truth is reached") {
    law("random interleavings", [](std::vector<std::uint32_t> script, bool renames) {
        World world;
        world.script = std::move(script);
        world.exchange.renames = renames;
        world.tracker.allow_sending(true);
        const int rounds = static_cast<int>(std::min<std::size_t>(world.script.size() * 2, 150));
        for (int round = 0; round < rounds; ++round) {
            world.now += world.draw(20) * 0.1;
            switch (world.draw(9)) {
                case 1: {
                    const auto id = "o" + std::to_string(world.books.orders.size());
                    auto order = order_of(id, "10", world.draw(2) == 1 ? Role::exit : Role::entry);
                    world.books.orders[id] = order;
                    world.tracker.submit(order, AssetClass::us_equity, at(world.now));
                    break;
                }
                case 2:
                    if (!world.books.orders.empty()) {
                        auto each = world.books.orders.begin();
                        std::advance(
                            each,
                            world.draw(static_cast<std::uint32_t>(world.books.orders.size())));
                        world.tracker.cancel(each->first, at(world.now));
                    }
                    break;
                case 3:
                    world.market();
                    break;
                case 4:
                    if (world.draw(6) == 1) world.restart();
                    break;
                case 5:
                    world.tracker.listed(
                        world.draw(3) == 1 ? std::vector<WireOrder>{} : world.exchange.open(),
                        at(world.now), at(world.now));
                    break;
                case 6:
                    world.stream();
                    break;
                case 7:
                    world.tracker.allow_sending(world.draw(2) == 0);
                    world.tracker.refuse_waiting_entries("the state is unknown", at(world.now));
                    break;
                default:
                    if (const auto work = world.tracker.next_work(at(world.now))) {
                        world.answer(*work);
                    }
                    break;
            }
            world.books.take(world.tracker);
        }
        // The weather clears; what the stream did not deliver never comes.
        world.faults = false;
        world.tracker.allow_sending(true);
        world.exchange.updates.clear();
        for (int second = 0; second < 240; ++second) {
            world.now += 1;
            if (second % 30 == 0) {
                world.tracker.listed(world.exchange.open(), at(world.now), at(world.now));
            }
            for (int i = 0; i < 20; ++i) {
                const auto work = world.tracker.next_work(at(world.now));
                if (!work) break;
                world.answer(*work);
            }
        }
        world.books.take(world.tracker);
        RC_ASSERT(!world.tracker.unsettled());
        for (const auto& [id, held] : world.exchange.orders) {
            const auto& ours = world.books.orders.at(id);
            RC_ASSERT(ours.filled_quantity == held.order.filled_quantity);
            const auto apart = (ours.filled_notional - held.notional).abs();
            RC_ASSERT((renames && world.restarted) || apart.is_zero());
            if (is_terminal(held.order.status)) {
                RC_ASSERT(ours.status == order_status(held.order.status, {}));
            } else {
                RC_ASSERT(!is_closed(ours.status));
            }
        }
        for (const auto& [id, ours] : world.books.orders) {
            if (!world.exchange.orders.contains(id)) RC_ASSERT(is_closed(ours.status));
        }
        // Where sources name executions differently, a restart forgets which one was told: the
        // order's own numbers settle it then.
        for (const auto& fill : world.books.fills) {
            RC_ASSERT(renames || !fill.starts_with("adopted:"));
        }
    });
}
