// The trading cycle in the stage of the forecast portfolio: what its passes are, what they know of
// the account's days, and what outlives the process.
#include <algorithm>
#include <sstream>

#include "actors/gateway/gateway_stage.hpp"
#include "actors/portfolio/forecast_stage.hpp"
#include "market/calendar.hpp"
#include "market/instruments.hpp"
#include "market/synthetic.hpp"
#include "model/ewma.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::actors;

namespace {

const Date kDay1 = date_of(2024, 6, 12);  // a Wednesday

// Two shares and a coin of the synthetic market, with the passes of a schedule.
struct Cycle {
    explicit Cycle(std::function<void(ForecastStageSettings&)> change = {}) {
        market::SyntheticOptions options;
        for (const char* name : {"AAA", "BBB", "CCCUSDT"}) options.symbols.emplace_back(name);
        options.last_day = kDay1 + 5;
        const market::SyntheticMarket market(options);
        for (const auto& symbol : options.symbols) {
            strategy::SymbolInfo info;
            info.slot = static_cast<SlotId>(symbols.size());
            info.utc_days = symbol == Symbol("CCCUSDT");
            info.instrument = market::default_instrument(
                symbol, info.utc_days ? AssetClass::crypto : AssetClass::us_equity);
            symbols.push_back(info);
            settings.series.push_back(market.daily_series(symbol, kDay1 - 500, kDay1 + 5));
        }
        settings.analysis.accepted_moves.resize(symbols.size());
        settings.scheduled = true;
        // Every idea is good enough: what is under test is the cycle, not the choice.
        settings.analysis.portfolio.selection.disable_gates = true;
        if (change) change(settings);
        restart();
    }
    void restart() {
        stage = std::make_unique<SequentialForecastStage>(
            settings, symbols, std::make_unique<model::EwmaForecaster>(model::EwmaOptions{}));
    }
    DecideRequest request(Timestamp now, Money equity) {
        auto inputs = std::make_shared<StepInputs>();
        inputs->step = {++number, now};
        DecideRequest request;
        request.now = now;
        request.equity = equity;
        request.inputs = inputs;
        AccountSnapshot account;
        account.as_of = now;
        account.equity = account.cash = account.buying_power = equity;
        account.peak_equity = std::max(peak, equity);
        account.positions = positions;
        Headroom room;
        room.equity = room.buying_power = equity;
        room.gross_room = equity;
        request.account = account;
        request.headroom = room;
        return request;
    }
    DecideReply pass(PassKind kind, Timestamp now, Money equity, bool missed = false) {
        auto asked = request(now, equity);
        auto inputs = std::make_shared<StepInputs>(*asked.inputs);
        inputs->due.push_back({kind, market::new_york_date(now), now, now + 30 * kMinute, missed});
        asked.inputs = inputs;
        return stage->decide(std::move(asked));
    }
    DecideReply day_ends(Date date, Money equity) {
        auto asked = request(market::new_york_time(date, 16, 0), equity);
        auto inputs = std::make_shared<StepInputs>(*asked.inputs);
        inputs->sessions.push_back({SessionPhase::closed, date, false});
        asked.inputs = inputs;
        return stage->decide(std::move(asked));
    }
    static std::vector<Intent> entries(const DecideReply& reply) {
        std::vector<Intent> entries;
        for (const auto& intent : reply.wanted.intents) {
            if (intent.role == Role::entry) entries.push_back(intent);
        }
        return entries;
    }

    std::vector<strategy::SymbolInfo> symbols;
    ForecastStageSettings settings;
    std::unique_ptr<SequentialForecastStage> stage;
    std::map<Symbol, Position> positions;
    std::uint64_t number = 0;
    Money peak;
};

const Money kEquity = Money::whole(100'000);

Timestamp morning(Date date) {
    return market::new_york_time(date, 9, 30);
}

const ledger::PlanRecord* plan_of(const DecideReply& reply, const std::string& id) {
    const auto found = std::find_if(reply.plans.begin(), reply.plans.end(),
                                    [&](const auto& plan) { return plan.plan_id == id; });
    return found == reply.plans.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("each pass has its own symbols and effect") {
    Cycle cycle;
    const auto symbols = [](const DecideReply& reply) {
        std::string text;
        for (const auto& decision : reply.wanted.decisions) {
            text += decision.symbol.to_string() + ' ';
        }
        return text;
    };
    // A session's opening is no pass of its own where a schedule says when.
    auto asked = cycle.request(morning(kDay1), kEquity);
    auto inputs = std::make_shared<StepInputs>(*asked.inputs);
    inputs->sessions.push_back({SessionPhase::opened, kDay1, false});
    asked.inputs = inputs;
    CHECK(symbols(cycle.stage->decide(std::move(asked))).empty());

    const auto open = cycle.pass(PassKind::session_open, morning(kDay1), kEquity);
    CHECK(symbols(open) == "AAA BBB CCCUSDT ");
    CHECK_FALSE(Cycle::entries(open).empty());
    const auto close =
        cycle.pass(PassKind::market_close, market::new_york_time(kDay1, 15, 0), kEquity);
    CHECK(symbols(close) == "AAA BBB CCCUSDT ");
    CHECK(Cycle::entries(close).empty());
    const auto evening =
        cycle.pass(PassKind::evening, market::new_york_time(kDay1, 22, 0), kEquity);
    CHECK(symbols(evening) == "CCCUSDT ");
    const auto missed = cycle.pass(PassKind::session_open, morning(kDay1 + 1), kEquity, true);
    CHECK(symbols(missed).empty());
    const auto* told = plan_of(missed, "pass.session_open.2024-06-13T13:30:00Z");
    REQUIRE(told != nullptr);
    CHECK(told->kind == kMissedPassKind);
    CHECK(told->closed);
    CHECK(cycle.stage->stage().cycle().passes.at(PassKind::session_open).decided);
}

TEST_CASE("after a losing day every entry is a probe, and the day after a gain none is") {
    Cycle cycle;
    (void)cycle.day_ends(kDay1, kEquity);
    (void)cycle.day_ends(kDay1 + 1, kEquity - Money::whole(1));
    // The state outlives the process.
    const auto kept = cycle.stage->stage().cycle().text();
    cycle.restart();
    cycle.stage->stage().restore_cycle(kept);
    const auto after_loss =
        Cycle::entries(cycle.pass(PassKind::session_open, morning(kDay1 + 2), kEquity));
    REQUIRE_FALSE(after_loss.empty());
    for (const auto& entry : after_loss) {
        CHECK(entry.quantity <= Quantity::whole(1));
    }
    (void)cycle.day_ends(kDay1 + 2, kEquity);
    const auto after_gain =
        Cycle::entries(cycle.pass(PassKind::session_open, morning(kDay1 + 5), kEquity));
    REQUIRE_FALSE(after_gain.empty());
    CHECK(std::any_of(after_gain.begin(), after_gain.end(),
                      [](const Intent& entry) { return entry.quantity > Quantity::whole(1); }));
}

TEST_CASE("drawdown suspends every strategy until it has recovered") {
    Cycle cycle([](ForecastStageSettings& settings) {
        auto& portfolio = settings.analysis.portfolio;
        portfolio.suspension.suspend = 0.2;
        // Gates that nothing fails: suspension is one of them.
        auto& selection = portfolio.selection;
        selection.disable_gates = false;
        selection.stock_cost_bp = selection.crypto_cost_bp = selection.edge_margin_bp = -1e4;
        selection.stock_floor_bp = selection.crypto_floor_bp = -1e4;
        selection.min_sharpe = selection.max_drawdown = -1e9;
        selection.consensus_min_move = 0;
        selection.min_samples = selection.min_samples_liquid_crypto = 1;
    });
    cycle.peak = kEquity;
    const auto entries_at = [&](int day, const char* equity) {
        return Cycle::entries(
                   cycle.pass(PassKind::session_open, morning(kDay1 + day), Money::of(equity)))
            .size();
    };
    CHECK(entries_at(0, "81000") > 0);
    const auto reply = cycle.pass(PassKind::session_open, morning(kDay1 + 1), Money::whole(79'000));
    CHECK(Cycle::entries(reply).empty());
    for (const auto& decision : reply.wanted.decisions) {
        CHECK_THAT(decision.reason, Catch::Contains("suspended by drawdown"));
    }
    CHECK(plan_of(reply, kCyclePlan) != nullptr);
    CHECK(entries_at(2, "83000") == 0);  // between the thresholds nothing changes
    CHECK(entries_at(5, "85000") > 0);   // below 0.8 of the threshold
}

TEST_CASE("H3 the pass an hour after the open enters the core alone and closes no other name") {
    Cycle cycle([](ForecastStageSettings& settings) {
        auto& portfolio = settings.analysis.portfolio.portfolio;
        portfolio.min_core = 1;
        portfolio.max_picks = 10;
    });
    const auto open = cycle.pass(PassKind::session_open, morning(kDay1), kEquity);
    const auto entered = Cycle::entries(open);
    REQUIRE(entered.size() > 1);
    for (const auto& entry : entered) {
        const auto quantity = signed_quantity(entry.side, Quantity::whole(10));
        cycle.positions[entry.symbol] = {entry.symbol, quantity, Price::whole(10) * quantity,
                                         Price::whole(10)};
    }
    const auto later =
        cycle.pass(PassKind::open_plus_hour, market::new_york_time(kDay1, 10, 30), kEquity);
    for (const auto& decision : later.wanted.decisions) {
        CHECK_THAT(decision.reason, !Catch::Contains("not_in_portfolio"));
        CHECK_THAT(decision.reason, !Catch::Contains("outranked"));
    }
}

TEST_CASE("a symbol's own limit of entries counts those of the day") {
    Cycle cycle([](ForecastStageSettings& settings) {
        settings.analysis.portfolio.selection.overrides.max_entries = {
            {"AAA", 1}, {"BBB", 1}, {"CCCUSDT", 1}};
    });
    const auto first = Cycle::entries(cycle.pass(PassKind::session_open, morning(kDay1), kEquity));
    REQUIRE_FALSE(first.empty());
    CHECK(Cycle::entries(
              cycle.pass(PassKind::open_plus_hour, market::new_york_time(kDay1, 10, 30), kEquity))
              .empty());
    CHECK_FALSE(
        Cycle::entries(cycle.pass(PassKind::session_open, morning(kDay1 + 1), kEquity)).empty());
}

TEST_CASE("a pass of coins alone after a restart keeps the picks of shares") {
    Cycle cycle(
        [](ForecastStageSettings& settings) { settings.analysis.portfolio.work_orders = true; });
    const auto open = cycle.pass(PassKind::session_open, morning(kDay1), kEquity);
    const auto* kept = plan_of(open, kPicksPlan);
    REQUIRE(kept != nullptr);
    REQUIRE_THAT(kept->content, Catch::Contains("AAA") || Catch::Contains("BBB"));
    const auto shares = [](const std::string& picks) {
        std::string text;
        std::istringstream lines(picks);
        for (std::string line; std::getline(lines, line);) {
            if (!line.starts_with("CCCUSDT")) text += line + '\n';
        }
        return text;
    };
    cycle.restart();
    cycle.stage->stage().restore_picks(kept->content);
    const auto roll =
        cycle.pass(PassKind::crypto_roll, market::new_york_time(kDay1, 20, 5), kEquity);
    CHECK(roll.wanted.decisions.size() == 1);
    const auto* after = plan_of(roll, kPicksPlan);
    CHECK(shares(after != nullptr ? after->content : kept->content) == shares(kept->content));
}

TEST_CASE("H10 I-31 a split while the daemon runs refuses the symbol, an adjusted history or not") {
    for (const int divisor : {1, 10}) {
        Cycle cycle([](ForecastStageSettings& settings) {
            for (auto& series : settings.series) {
                auto history = std::make_shared<BarSeries>(*series);
                history->adjusted = true;
                std::erase_if(history->bars,
                              [](const Bar& bar) { return bar.end > utc_midnight(kDay1); });
                series = std::move(history);
            }
        });
        const auto complete = [&](DecideRequest asked, const Bar& last) {
            auto inputs = std::make_shared<StepInputs>(*asked.inputs);
            auto& daily = inputs->daily.emplace_back();
            daily.bar = last;
            const auto session = market::session_of_bar(market::TradingCalendar::nyse, kDay1);
            daily.bar.start = session.open;
            daily.bar.end = session.close;
            for (Price* price :
                 {&daily.bar.open, &daily.bar.high, &daily.bar.low, &daily.bar.close}) {
                *price = Price::from_units(price->units() / divisor);
            }
            asked.inputs = inputs;
            (void)cycle.stage->decide(std::move(asked));
        };
        complete(cycle.request(market::new_york_time(kDay1, 16, 0), kEquity),
                 cycle.settings.series[0]->bars.back());
        const auto reply = cycle.pass(PassKind::session_open, morning(kDay1 + 1), kEquity);
        REQUIRE(reply.wanted.decisions.size() == 3);
        const auto& split = reply.wanted.decisions[0];
        REQUIRE(split.symbol == Symbol("AAA"));
        INFO(split.reason);
        const bool told = split.reason.find("without a split record") != std::string::npos;
        CHECK(told == (divisor != 1));
    }
}

TEST_CASE("I-30 passes that pick nothing are counted over a restart and told once") {
    Cycle cycle([](ForecastStageSettings& settings) {
        settings.analysis.portfolio.selection.disable_gates = false;
        settings.analysis.portfolio.selection.stock_floor_bp = 1e6;
        settings.analysis.portfolio.selection.crypto_floor_bp = 1e6;
    });
    std::string told;
    std::string state;
    for (std::uint32_t i = 0; i < kRejectionAlarmPasses + 2; ++i) {
        cycle.restart();
        if (i > 0) cycle.stage->stage().restore_cycle(state);
        const auto reply =
            cycle.pass(PassKind::session_open,
                       morning(kDay1) + static_cast<std::int64_t>(i) * kMinute, kEquity);
        for (const auto& plan : reply.plans) {
            if (plan.kind == kRejectionAlarmKind) told += std::to_string(i) + ": " + plan.content;
        }
        state = cycle.stage->stage().cycle().text();
    }
    CHECK_THAT(told, Catch::StartsWith("9: 10 passes in a row picked nothing; the last one: "
                                       "3 symbols, 0 picked: "));
}
