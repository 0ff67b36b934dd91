// The header of a recording: exact round trip of everything that rebuilds a session.
#include "actors/recorder/recorded_session.hpp"

#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/recorder/delayed_market.hpp"
#include "tests/recorder/random_step.hpp"

using namespace tradewind;
using namespace tradewind::actors;

namespace {

RecordedSession random_session(std::uint64_t seed) {
    test::RandomStep random(seed);
    auto session = test::new_session(test::infos_of(test::swinging_bars(seed, 2)));
    session.started = {random.whole()};
    session.seed = static_cast<std::uint64_t>(random.whole());
    session.parameters[random.text()] = random.text();
    if (random.flip()) session.strategy.clear();
    session.gateway.financing = market::ClassCosts{};
    session.gateway.financing->spread = random.decimal<Fraction>();
    session.gateway.limits = orders::RiskLimits::standard(random.decimal<Fraction>());
    session.gateway.limits.order_notional = random.decimal<Money>();
    session.gateway.modelled_quotes = *market::cost_preset("realistic");
    session.costs = *market::cost_preset("era-2025-11");
    session.analysis.accepted_moves = {{}, {{19'000}, {-3}}};
    auto& portfolio = session.analysis.portfolio;
    portfolio.offset_limit = random.real();
    portfolio.selection.permissions[Symbol("AAA")] = strategy::SidePermission::sell_only;
    portfolio.selection.costly = {Symbol("X"), Symbol("Y")};
    portfolio.portfolio.expanded = std::nullopt;
    session.forecaster.parameters["lambda"] = "0.94";
    for (auto left = random.below(3); left > 0; --left) {
        Order order;
        order.order_id = random.text();
        order.symbol = random.symbol();
        order.status = static_cast<OrderStatus>(random.below(11));
        order.type = static_cast<OrderType>(random.below(5));
        order.time_in_force = static_cast<TimeInForce>(random.below(6));
        order.exit_plan.target = random.decimal<Price>();
        order.filled_notional = random.decimal<Money>();
        session.open_orders.push_back(order);
        if (const auto fill = random.order_event().fill) {
            session.fills.push_back({*fill, random.text()});
        }
        session.plans.push_back(
            {random.text(), "k", random.symbol(), "s", "open", random.flip(), random.text()});
    }
    return session;
}

}  // namespace

TEST_CASE("a session comes back from its text") {
    test::law("decode(encode(x)) == x", [](std::uint64_t seed) {
        const auto session = random_session(seed);
        const auto text = encode_session(session);
        const auto read = decode_session(text, "law");
        RC_ASSERT(encode_session(read) == text);
        RC_ASSERT(read.started == session.started);
        RC_ASSERT(read.parameters == session.parameters);
        RC_ASSERT(read.costs == session.costs);
        RC_ASSERT(read.plans == session.plans);
        RC_ASSERT(read.marks == session.marks);
        RC_ASSERT(read.gateway.modelled_quotes == session.gateway.modelled_quotes);
        RC_ASSERT(read.gateway.financing == session.gateway.financing);
        RC_ASSERT(read.gateway.limits.order_notional == session.gateway.limits.order_notional);
        RC_ASSERT(read.gateway.limits.open_orders == session.gateway.limits.open_orders);
        RC_ASSERT(read.analysis.accepted_moves == session.analysis.accepted_moves);
        const auto& portfolio = read.analysis.portfolio;
        const auto& given = session.analysis.portfolio;
        RC_ASSERT(portfolio.offset_limit == given.offset_limit);
        RC_ASSERT(portfolio.selection.costly == given.selection.costly);
        RC_ASSERT(portfolio.selection.permissions == given.selection.permissions);
        RC_ASSERT(portfolio.selection.enabled == given.selection.enabled);
        RC_ASSERT(portfolio.portfolio.expanded == given.portfolio.expanded);
        RC_ASSERT(read.fills.size() == session.fills.size());
        for (std::size_t i = 0; i < read.fills.size(); ++i) {
            RC_ASSERT(read.fills[i].fill == session.fills[i].fill);
            RC_ASSERT(read.fills[i].order_reason == session.fills[i].order_reason);
        }
        for (std::size_t i = 0; i < read.open_orders.size(); ++i) {
            RC_ASSERT(read.open_orders[i].status == session.open_orders[i].status);
            RC_ASSERT(read.open_orders[i].exit_plan == session.open_orders[i].exit_plan);
        }
    });
}

TEST_CASE("a header that is not one is refused with its place") {
    CHECK_THROWS_AS(decode_session("no json", "file header"), Error);
    try {
        static_cast<void>(decode_session(R"({"gateway":{"limits":{"price_band":0.1}}})", "f.db"));
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(std::string(error.what()).find("gateway.limits.price_band") != std::string::npos);
    }
}
