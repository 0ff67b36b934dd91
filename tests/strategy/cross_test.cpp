#include <string>
#include <vector>

#include "messages/error.hpp"
#include "strategy/host.hpp"
#include "strategy/registry.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::strategy;

namespace {

// Runs one strategy over closes (bars whose four prices are the close unless `flat` says no) and
// fills every order at once; answers one letter a bar: B/S opens, x closes, . nothing.
std::string signals(const std::string& name, const Parameters::Values& parameters,
                    const std::vector<int>& closes, bool flat_bars = false) {
    std::vector<StrategyInstance> instances;
    instances.push_back({name, make_strategy(name, parameters), Fraction::whole(1)});
    StrategyHost host(std::move(instances), {{0, Instrument{.symbol = Symbol("X")}}});
    std::string text;
    std::int64_t day = 0;
    for (const int close : closes) {
        Bar bar;
        bar.end = {++day * kDay};
        bar.open = bar.high = bar.low = bar.close = Price::whole(close);
        if (!flat_bars) bar.high = Price::whole(close + 1);
        Wanted wanted;
        host.begin_step(bar.end, Money());
        host.on_bar({0, bar}, wanted);
        std::string letters;
        for (const auto& intent : wanted.intents) {
            if (intent.role == Role::exit)
                letters += 'x';
            else
                letters += intent.side == Side::buy ? 'B' : 'S';
            Fill fill;
            fill.strategy = name;
            fill.side = intent.side;
            fill.quantity = intent.quantity;
            Wanted after;
            host.on_fill(0, fill, after);
            host.on_order_closed(name, 0, intent.role);
        }
        text += letters.empty() ? "." : letters;
        text += ' ';
    }
    text.pop_back();
    return text;
}

}  // namespace

TEST_CASE("sma_cross trades strict crosses only, after the slow window was full twice") {
    const Parameters::Values base{{"fast", "1"}, {"slow", "2"}, {"quantity", "1"}};
    auto both = base;
    both["side"] = "long_short";
    // mean(1) against mean(2) is the sign of the last change.
    CHECK(signals("sma_cross", both, {5, 6, 5, 4, 5}) == ". . S . xB");
    CHECK(signals("sma_cross", base, {5, 6, 5, 4, 5}) == ". . . . B");
    CHECK(signals("sma_cross", base, {5, 4, 5, 4}) == ". . B x");
    // A touch in between is no cross on either side.
    CHECK(signals("sma_cross", both, {5, 6, 6, 5, 4}) == ". . . . .");
    CHECK(signals("sma_cross", both, {4, 5, 4, 4, 5}) == ". . S . .");
}

TEST_CASE("ema_cross holds the side of the faster mean and counts flat bars without deciding") {
    Parameters::Values values{
        {"fast", "1"}, {"slow", "2"}, {"quantity", "1"}, {"side", "long_short"}};
    CHECK(signals("ema_cross", values, {5, 5, 5}) == ". B .");  // equal means want long
    CHECK(signals("ema_cross", values, {5, 4, 5}) == ". S xB");
    values["skip_flat"] = "true";
    CHECK(signals("ema_cross", values, {5, 4, 5}, true) == ". . .");
    values["side"] = "long_only";
    values["skip_flat"] = "false";
    CHECK(signals("ema_cross", values, {5, 6, 4, 4, 9}) == ". B x . B");
    CHECK(signals("ema_cross", values, {6, 5, 9}) == ". . B");
}

TEST_CASE("equal closes give exactly equal exponential means for any lengths") {
    test::law("constant series", [] {
        const auto fast = *rc::gen::inRange(1, 60);
        const auto more = *rc::gen::inRange(1, 60);
        const auto close = *rc::gen::inRange(1, 1'000'000);
        const auto text = signals("ema_cross",
                                  {{"fast", std::to_string(fast)},
                                   {"slow", std::to_string(fast + more)},
                                   {"side", "long_short"}},
                                  std::vector<int>(static_cast<std::size_t>(fast + more), close));
        RC_ASSERT(text.back() == 'B');
    });
}

TEST_CASE("a restored ema_cross continues as if it had not stopped") {
    const std::vector<SymbolInfo> symbols{{0, Instrument{.symbol = Symbol("X")}}};
    const Parameters::Values values{{"fast", "1"}, {"slow", "2"}, {"side", "long_short"}};
    auto make = [&] {
        std::vector<StrategyInstance> one;
        one.push_back({"ema_cross", make_strategy("ema_cross", values), Fraction::whole(1)});
        return std::make_unique<StrategyHost>(std::move(one), symbols);
    };
    auto first = make();
    auto second = make();
    auto feed = [](StrategyHost& host, int close, bool tradable) {
        Bar bar;
        bar.open = bar.high = bar.low = bar.close = Price::whole(close);
        Wanted out;
        host.on_bar({0, bar, tradable}, out);
        return out.intents.size();
    };
    for (const int close : {5, 4}) {
        feed(*first, close, true);
        feed(*second, close, false);
    }
    second->load(first->save());
    CHECK(feed(*first, 3, true) == 0);
    CHECK(feed(*second, 3, true) == 0);
    CHECK(feed(*second, 9, true) == 1);
}

TEST_CASE("bad strategies and parameters are refused with their name") {
    auto refusal = [](const std::string& name, const Parameters::Values& values) -> std::string {
        try {
            (void)make_strategy(name, values);
        } catch (const Error& error) {
            return exit_code(error.kind()) == 2 ? error.what() : "wrong code";
        }
        return "accepted";
    };
    using Catch::Contains;
    CHECK_THAT(refusal("no_such", {}), Contains("sma_cross"));
    CHECK_THAT(refusal("sma_cross", {{"fast", "30"}, {"slow", "10"}}),
               Contains("smaller than slow"));
    CHECK_THAT(refusal("sma_cross", {{"fast", "0"}}), Contains("fast"));
    CHECK_THAT(refusal("sma_cross", {{"quantity", "0"}}), Contains("quantity"));
    CHECK_THAT(refusal("sma_cross", {{"quantity", "1e3"}}), Contains("1e3"));
    CHECK_THAT(refusal("sma_cross", {{"fasst", "3"}}), Contains("nearest known: fast"));
    CHECK_THAT(refusal("sma_cross", {{"side", "short"}}), Contains("long_only"));
    CHECK(refusal("sma_cross", {{"fast", "2"}, {"slow", "3"}}) == "accepted");
}
