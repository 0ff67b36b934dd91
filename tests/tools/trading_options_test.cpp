// The settings as the portfolio and the last gate take them.
#include "tools/trading_options.hpp"

#include <string>

#include "config/settings.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::tools;

namespace {

config::Settings settings_with(std::vector<std::pair<const char*, const char*>> values) {
    config::Sources sources;
    for (const auto& [key, value] : values) sources.flags.push_back({key, value, "test"});
    return config::load_settings(sources);
}

market::CostModel costs() {
    return parse_costs("", "", "realistic");
}

strategy::GateMode gates(std::vector<std::pair<const char*, const char*>> values) {
    return portfolio_settings(settings_with(std::move(values)), costs()).selection.gate_mode;
}

}  // namespace

TEST_CASE("H26 entry gates block in live trading unless the settings say otherwise") {
    CHECK(gates({{"mode", "live"}}) == strategy::GateMode::enforce);
    CHECK(gates({{"mode", "paper"}}) == strategy::GateMode::advisory);
    CHECK(gates({{"mode", "live"}, {"analysis.gate_mode", "advisory"}}) ==
          strategy::GateMode::advisory);
    CHECK(gates({{"mode", "paper"}, {"analysis.gate_mode", "enforce"}}) ==
          strategy::GateMode::enforce);
}

TEST_CASE("a limit of 0 is no limit, for the sizes and at the gate") {
    const auto none = settings_with({{"risk.gross_exposure", "0"},
                                     {"risk.symbol_exposure", "0"},
                                     {"risk.open_orders", "0"},
                                     {"risk.order_notional", "0"}});
    const auto gateway = portfolio_gateway(none, costs(), Money::whole(1000));
    const auto whole_account = Fraction::whole(20);  // the largest that the settings take
    CHECK(*gateway.limits.gross_exposure > whole_account);
    CHECK(*gateway.limits.symbol_exposure > whole_account);
    CHECK_FALSE(gateway.limits.open_orders);
    CHECK_FALSE(gateway.limits.order_notional);
    CHECK(portfolio_settings(none, costs()).sizing.symbol_cap > whole_account);

    const auto some = settings_with({{"risk.gross_exposure", "1.5"}, {"risk.open_orders", "7"}});
    const auto limits = portfolio_gateway(some, costs(), Money::whole(1000)).limits;
    CHECK(limits.gross_exposure == Fraction::of("1.5"));
    CHECK(limits.open_orders == 7U);
}

TEST_CASE("I-34 the gate is told which symbols and sides the settings forbid") {
    actors::GatewaySettings gateway;
    forbid_entries(settings_with({{"universe.allow", "AAA,BBB,CCC,DDD"},
                                  {"symbols.side", "AAA:buy,BBB:sell,CCC:none,DDD@maxdiff:none"}}),
                   gateway);
    CHECK(gateway.universe.size() == 4);
    CHECK(gateway.no_sales == std::vector{Symbol("AAA"), Symbol("CCC")});
    CHECK(gateway.no_buys == std::vector{Symbol("BBB"), Symbol("CCC")});
}

TEST_CASE("I-7 the rule against selling ever lower can be switched on") {
    CHECK_FALSE(portfolio_gateway(settings_with({}), costs(), {}).limits.death_spiral_rule);
    CHECK(portfolio_gateway(settings_with({{"risk.death_spiral", "true"}}), costs(), {})
              .limits.death_spiral_rule);
}
