#include "tests/recorder/delayed_market.hpp"

#include <random>
#include <utility>

namespace tradewind::test {
namespace {

using namespace actors;

std::vector<bool> all_utc(std::size_t count) {
    return std::vector<bool>(count, true);
}

broker::MatchingSettings matching() {
    broker::MatchingSettings settings;
    settings.costs = market::flat_fee(Fraction::of("0.001"));
    settings.partial_fill_probability = 0.3;
    settings.seed = 5;
    return settings;
}

class Feed final : public StepFeed {
  public:
    Feed(std::shared_ptr<DelayedMarket::State> state, std::uint64_t steps)
        : state_(std::move(state)), left_(steps) {}
    bool next(StepInputs& inputs) override {
        if (left_ == 0 || !state_->feed.next(inputs)) return false;
        --left_;
        inputs.broker_events = std::exchange(state_->waiting, {});
        switch (state_->steps++ % 97) {
            case 20:
                inputs.halts.push_back({KillCause::command, false, "test"});
                break;
            case 26:
                inputs.resumes.push_back({"test"});
                break;
            case 50:
                inputs.broker_states.push_back({false, "no answer"});
                break;
            case 54:
                inputs.broker_states.push_back({true, ""});
                break;
            case 80:
                inputs.halts.push_back({KillCause::file, true, "flatten"});
                break;
            case 83:
                inputs.resumes.push_back({"after the flatten"});
                break;
            default:
                break;
        }
        return true;
    }
    [[nodiscard]] Timestamp now() const override { return state_->feed.now(); }

  private:
    std::shared_ptr<DelayedMarket::State> state_;
    std::uint64_t left_;
};

class Broker final : public BrokerStage {
  public:
    explicit Broker(std::shared_ptr<DelayedMarket::State> state) : state_(std::move(state)) {}
    std::vector<OrderEvent> market(const StepInputs& inputs) override {
        return later(state_->broker.market(inputs));
    }
    std::vector<OrderEvent> send(SendRequest request) override {
        return later(state_->broker.send(request));
    }
    std::vector<OrderEvent> open(const StepInputs& inputs) override {
        return later(state_->broker.open(inputs));
    }
    std::vector<OrderEvent> end_of_data(Timestamp /*now*/) override { return {}; }

  private:
    std::vector<OrderEvent> later(std::vector<OrderEvent> events) {
        auto& waiting = state_->waiting;
        waiting.insert(waiting.end(), events.begin(), events.end());
        return {};
    }
    std::shared_ptr<DelayedMarket::State> state_;
};

}  // namespace

std::vector<BarSeriesPtr> swinging_bars(std::uint64_t seed, std::size_t bars) {
    std::mt19937_64 bits(seed);
    const auto cents = [&](std::int64_t most) {
        return static_cast<std::int64_t>(bits() % static_cast<std::uint64_t>(2 * most + 1)) - most;
    };
    std::vector<BarSeriesPtr> all;
    for (const char* name : {"ADAUSD", "BTCUSD", "ETHUSD"}) {
        auto series = std::make_shared<BarSeries>();
        series->symbol = Symbol(name);
        series->interval_ns = kDay;
        series->daily = true;
        std::int64_t close = 10'000;
        for (std::size_t i = 0; i < bars; ++i) {
            const auto open = std::max<std::int64_t>(2'000, close + cents(50));
            close = std::max<std::int64_t>(2'000, open + cents(300));
            const auto price = [](std::int64_t value) {
                return Price::from_units(value * 10'000'000);
            };
            Bar bar;
            bar.start = utc_midnight(date_of(2023, 1, 1) + static_cast<std::int32_t>(i));
            bar.end = bar.start + kDay;
            bar.open = price(open);
            bar.high = price(std::max(open, close) + 40);
            bar.low = price(std::min(open, close) - 40);
            bar.close = price(close);
            bar.volume = 0.1 * static_cast<double>(bits() % 1'000);
            series->bars.push_back(bar);
        }
        all.push_back(std::move(series));
    }
    return all;
}

std::vector<strategy::SymbolInfo> infos_of(const std::vector<BarSeriesPtr>& series) {
    std::vector<strategy::SymbolInfo> symbols;
    for (const auto& one : series) {
        strategy::SymbolInfo info;
        info.slot = static_cast<strategy::SlotId>(symbols.size());
        info.instrument.symbol = one->symbol;
        info.utc_days = true;
        symbols.push_back(info);
    }
    return symbols;
}

RecordedSession new_session(const std::vector<strategy::SymbolInfo>& symbols) {
    RecordedSession session;
    session.mode = "paper";
    session.version = "test";
    session.symbols = symbols;
    session.strategy = "sma_cross";
    session.parameters = {{"fast", "3"}, {"slow", "8"}, {"quantity", "7"}, {"side", "long_short"}};
    session.cash = Money::whole(100'000);
    session.marks.resize(symbols.size());
    return session;
}

std::vector<BarSeriesPtr> no_history(const std::vector<strategy::SymbolInfo>& symbols) {
    std::vector<BarSeriesPtr> history;
    for (const auto& info : symbols) {
        auto series = std::make_shared<BarSeries>();
        series->symbol = info.instrument.symbol;
        history.push_back(std::move(series));
    }
    return history;
}

DelayedMarket::State::State(std::vector<BarSeriesPtr> series,
                            std::vector<strategy::SymbolInfo> symbols)
    : feed(series, all_utc(series.size()), {}), broker(matching(), symbols) {}

DelayedMarket::DelayedMarket(std::vector<BarSeriesPtr> series,
                             std::vector<strategy::SymbolInfo> symbols)
    : state_(std::make_shared<State>(std::move(series), std::move(symbols))) {}

std::shared_ptr<StepFeed> DelayedMarket::feed(std::uint64_t steps) {
    return std::make_shared<Feed>(state_, steps);
}

std::unique_ptr<BrokerStage> DelayedMarket::broker() {
    return std::make_unique<Broker>(state_);
}

}  // namespace tradewind::test
