// The hourly variant: hours from minutes, and passes of a clock hour in the portfolio's stage.
#include "strategy/hourly.hpp"

#include <algorithm>

#include "actors/portfolio/forecast_stage.hpp"
#include "market/calendar.hpp"
#include "market/instruments.hpp"
#include "market/resample.hpp"
#include "market/synthetic.hpp"
#include "model/ewma.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::actors;
using namespace tradewind::test;
using market::TradingCalendar;

namespace {

const Date kDay1 = date_of(2024, 6, 12);  // a Wednesday
const Symbol kShare("AAA");
const Symbol kCoin("CCCUSDT");

const market::SyntheticMarket& synthetic() {
    static const market::SyntheticMarket kMarket = [] {
        market::SyntheticOptions options;
        options.symbols = {kShare, kCoin};
        options.last_day = kDay1 + 5;
        return market::SyntheticMarket(options);
    }();
    return kMarket;
}

Timestamp at(int hour, int minute) {
    return market::new_york_time(kDay1, hour, minute);
}

void check_equal(const std::vector<Bar>& ours, const std::vector<Bar>& whole) {
    REQUIRE(ours.size() == whole.size());
    for (std::size_t i = 0; i < ours.size(); ++i) CHECK(ours[i] == whole[i]);
}

// A share and a coin with the minutes of weeks before, as a daemon has them at its start.
struct Hours {
    explicit Hours(Timestamp start) : now(start) {
        for (const auto& symbol : {kShare, kCoin}) {
            strategy::SymbolInfo info;
            info.slot = static_cast<SlotId>(symbols.size());
            info.utc_days = symbol == kCoin;
            info.instrument = market::default_instrument(
                symbol, info.utc_days ? AssetClass::crypto : AssetClass::us_equity);
            symbols.push_back(info);
            const std::int64_t days = info.utc_days ? 14 : 60;
            settings.series.push_back(
                synthetic().minute_series(symbol, start - days * kDay, start));
        }
        settings.analysis.accepted_moves.resize(symbols.size());
        settings.scheduled = true;
        settings.modelled_quotes = false;
        auto& portfolio = settings.analysis.portfolio;
        portfolio.hourly = true;
        portfolio.selection = strategy::hourly_selection(portfolio.selection);
        stage = std::make_unique<SequentialForecastStage>(
            settings, symbols, std::make_unique<model::EwmaForecaster>(model::EwmaOptions{}));
    }
    // The minutes since the last step, and a pass, if one is due.
    DecideReply step(Timestamp until, std::optional<PassKind> kind, bool quotes = true) {
        auto inputs = std::make_shared<StepInputs>();
        inputs->step = {++number, until};
        for (const auto& info : symbols) {
            const auto& symbol = info.instrument.symbol;
            for (const auto& bar : synthetic().minute_bars(symbol, now, until)) {
                inputs->closes.push_back({info.slot, true, false, bar});
            }
            if (quotes) inputs->quotes.push_back({info.slot, synthetic().quote_at(symbol, until)});
        }
        now = until;
        if (kind) inputs->due.push_back({*kind, kDay1, until, until + 11 * kMinute, false});
        DecideRequest request;
        request.now = until;
        request.equity = Money::whole(100'000);
        AccountSnapshot account;
        account.as_of = until;
        account.equity = account.cash = account.buying_power = account.peak_equity = request.equity;
        Headroom room;
        room.equity = room.buying_power = room.gross_room = request.equity;
        request.account = account;
        request.headroom = room;
        request.inputs = inputs;
        return stage->decide(std::move(request));
    }
    const AnalysisRow& row(SlotId slot) { return stage->stage().newest_rows().at(slot); }

    std::vector<strategy::SymbolInfo> symbols;
    ForecastStageSettings settings;
    std::unique_ptr<SequentialForecastStage> stage;
    Timestamp now;
    std::uint64_t number = 0;
};

}  // namespace

TEST_CASE("hours grown from minutes are those of the whole series, in any cut and order",
          "[actors][hourly]") {
    for (const auto& symbol : {kShare, kCoin}) {
        const auto calendar = symbol == kCoin ? TradingCalendar::utc_days : TradingCalendar::nyse;
        const Timestamp begin = market::session_on(calendar, kDay1 - 2)->open;
        const auto minutes = synthetic().minute_series(symbol, begin, begin + 2 * kDay);
        const auto whole = market::resample(*minutes, calendar, kHour).series.bars;
        for (const std::size_t known : {std::size_t{0}, std::size_t{7}, std::size_t{200}}) {
            BarSeries first = *minutes;
            first.bars.resize(known);
            HourlyBars hours(first, calendar);
            std::vector<Bar> rest(minutes->bars.begin() + static_cast<std::ptrdiff_t>(known),
                                  minutes->bars.end());
            // Neighbours change places.
            for (std::size_t i = 0; i + 1 < rest.size(); i += 3) std::swap(rest[i], rest[i + 1]);
            for (std::size_t i = 0; i < rest.size(); ++i) {
                hours.add(rest[i]);
                // A late neighbour of the same hour is still in time.
                const bool taken = i % 40 == 0 && i > 0;
                if (taken) (void)hours.take(rest[i].start - 2 * kMinute);
            }
            check_equal(hours.take(minutes->bars.back().end)->bars, whole);
            // What comes after its hour changes nothing.
            Bar late = minutes->bars[3];
            late.high = late.high + Price::whole(1000);
            hours.add(late);
            const auto again = hours.take(minutes->bars.back().end + kDay);
            check_equal({again->bars.begin(), again->bars.begin() + 3},
                        {whole.begin(), whole.begin() + 3});
        }
    }
}

TEST_CASE("an hourly pass analyses the hours that ended, shares only while their exchange is open",
          "[actors][hourly]") {
    Hours hours(at(9, 30));
    const auto at_eleven = hours.step(at(11, 1), PassKind::hourly);
    REQUIRE(at_eleven.wanted.decisions.size() == 2);
    CHECK_FALSE(hours.row(0).refused);
    CHECK(hours.row(0).last_bar == at(9, 30));  // 09:30 to 10:30: the hour under way is not seen
    CHECK(hours.row(1).last_bar == at(10, 0));
    CHECK(hours.row(0).bars_used > 200);
    for (const auto& decision : at_eleven.wanted.decisions) {
        CHECK(decision.decision_id.find("20240612T150100Z") != std::string::npos);
    }
    (void)hours.step(at(12, 1), PassKind::hourly);
    CHECK(hours.row(0).last_bar == at(10, 30));
    CHECK(hours.row(1).last_bar == at(11, 0));
    // In the evening coins alone decide.
    const auto evening = hours.step(at(20, 1), PassKind::hourly);
    CHECK(std::none_of(evening.wanted.decisions.begin(), evening.wanted.decisions.end(),
                       [](const auto& decision) { return decision.symbol == kShare; }));
    CHECK(hours.row(1).last_bar == at(19, 0));
    // Its state is not the daily one's.
    const auto kept = std::find_if(evening.plans.begin(), evening.plans.end(), [](const auto& p) {
        return p.plan_id == "portfolio_cycle_hourly";
    });
    CHECK(kept != evening.plans.end());
    CHECK(hours.stage->stage().cycle().passes.at(PassKind::hourly).at == at(20, 1));
}

TEST_CASE("a start inside an hour has the hour whole; hours too old are refused",
          "[actors][hourly]") {
    Hours early(at(9, 30));
    Hours late(at(10, 47));  // the minutes of the hour under way came with the history
    (void)early.step(at(12, 1), PassKind::hourly);
    (void)late.step(at(12, 1), PassKind::hourly);
    CHECK(early.row(0).input_hash == late.row(0).input_hash);
    CHECK(early.row(0).last_bar == at(10, 30));
    // No minutes for two hours: a coin's newest hour is too old, a share's is not yet.
    Hours silent(at(10, 30));
    silent.now = at(13, 0);
    (void)silent.step(at(13, 1), PassKind::hourly);
    CHECK(silent.row(1).refused);
    CHECK(silent.row(1).reason.find("stale") != std::string::npos);
    CHECK_FALSE(silent.row(0).refused);
}

TEST_CASE("an hourly idea must promise and have earned something", "[actors][hourly]") {
    Hours hours(at(9, 30));
    for (int hour = 10; hour <= 15; ++hour) {
        const auto reply = hours.step(at(hour, 1), PassKind::hourly);
        for (const auto& intent : reply.wanted.intents) {
            if (intent.role != Role::entry) continue;
            const auto& row = hours.row(intent.symbol == kShare ? 0 : 1);
            CHECK(row.evidence(row.chosen).forecast_pnl > 0);
            CHECK(row.evidence(row.chosen).avg_return > 0);
        }
    }
    CHECK(hours.stage->stage().newest_rows().size() == 2);
}
