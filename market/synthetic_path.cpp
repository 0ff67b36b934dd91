#include "market/synthetic_path.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "market/instruments.hpp"
#include "market/synthetic.hpp"

namespace tradewind::market {
namespace {

struct Regime {
    double volatility;
    double drift;
};
constexpr Regime kRegimes[] = {{0.7, 0.0006}, {1.0, 0.0003}, {2.1, -0.0012}};
constexpr double kEquityVolatility = 0.009;
constexpr double kCoinVolatility = 0.026;
constexpr double kCoinToEquity = 0.35;  // correlation of the two factors
constexpr double kPersistence = 0.95;   // of log-volatility, per day
constexpr double kVolatilityOfVolatility = 0.35;
constexpr double kLossFeedback = 0.07;  // how much a loss raises tomorrow's log-volatility
constexpr double kPull = 0.0015;        // towards the base price, per day

// Autoregressive log-volatility with mean such that the mean volatility is 1.
class Clustering {
  public:
    double step(double noise, double last_shock) {
        static const double innovation =
            kVolatilityOfVolatility * std::sqrt(1 - kPersistence * kPersistence);
        value_ = kPersistence * value_ + innovation * noise - kLossFeedback * last_shock;
        value_ = std::clamp(value_, -1.5, 1.8);
        return std::exp(value_ - kVolatilityOfVolatility * kVolatilityOfVolatility / 2);
    }

  private:
    double value_ = 0;
};

int next_regime(int regime, double u) {
    switch (regime) {
        case 0:
            return u < 0.985 ? 0 : 1;
        case 1:
            return u < 0.975 ? 1 : u < 0.987 ? 0 : 2;
        default:
            return u < 0.965 ? 2 : 1;
    }
}

std::vector<FactorDay> factor_path(const CounterRandom& random, double volatility, Date last,
                                   const std::vector<double>* shared, std::vector<double>* shocks) {
    std::vector<FactorDay> days;
    Clustering clustering;
    int regime = 1;
    double shock = 0;
    for (Date d = kSyntheticOrigin; d <= last; d = d + 1) {
        regime = next_regime(regime, random.uniform(kDrawRegime, d, 0));
        const auto draws = random.normals(kDrawFactor, d, 0);
        const double stress = kRegimes[regime].volatility * clustering.step(draws[0], shock);
        shock = draws[1];
        if (shared != nullptr) {
            shock = kCoinToEquity * (*shared)[static_cast<std::size_t>(d - kSyntheticOrigin)] +
                    std::sqrt(1 - kCoinToEquity * kCoinToEquity) * shock;
        }
        if (shocks != nullptr) shocks->push_back(shock);
        const bool jump = random.uniform(kDrawFactor, d, 2) < 0.004;
        const double jumped = jump ? 3 * volatility * random.normal(kDrawFactor, d, 3) : 0;
        days.push_back({kRegimes[regime].drift + volatility * stress * shock + jumped, stress});
    }
    return days;
}

struct KnownPrice {
    std::string_view symbol;
    double price;
};
constexpr KnownPrice kKnownPrices[] = {
    {"AAPL", 230},     {"ADBE", 350},   {"AVGO", 340},   {"AXP", 340},  {"BA", 210},
    {"BTCUSD", 90000}, {"COST", 930},   {"COUR", 9},     {"CRM", 250},  {"EQIX", 790},
    {"ETHUSD", 3100},  {"GE", 290},     {"GLD", 370},    {"GOOG", 250}, {"GS", 790},
    {"INTC", 37},      {"LINKUSD", 14}, {"LLY", 900},    {"MA", 560},   {"MCD", 300},
    {"MSFT", 490},     {"NVDA", 180},   {"PLTR", 170},   {"QQQ", 600},  {"QUBT", 14},
    {"SAP", 260},      {"SHOP", 150},   {"SOLUSD", 140}, {"SPY", 660},  {"TSLA", 400},
    {"UNIUSD", 7},     {"V", 340},      {"VTI", 325}};

double known_price(std::string_view symbol) {
    const auto* const found =
        std::find_if(std::begin(kKnownPrices), std::end(kKnownPrices),
                     [&](const KnownPrice& known) { return known.symbol == symbol; });
    return found == std::end(kKnownPrices) ? 0 : found->price;
}

Price tick_for(bool coin, double price) {
    if (!coin || price >= 1'000) return Price::of("0.01");
    return price >= 1 ? Price::of("0.001") : Price::of("0.000001");
}

// A place that is not a whole minute, so that an extreme belongs to one minute.
double inside_minute(double place, int minutes, double offset) {
    const double minute = std::floor(std::clamp(place * minutes, 0.0, minutes - 1.0));
    return minute + offset;
}

}  // namespace

Factors make_factors(std::uint64_t seed, Date last) {
    Factors factors;
    std::vector<double> shocks;
    factors.equity = factor_path(CounterRandom(seed, "factor equity"), kEquityVolatility, last,
                                 nullptr, &shocks);
    factors.coin =
        factor_path(CounterRandom(seed, "factor coin"), kCoinVolatility, last, &shocks, nullptr);
    return factors;
}

SymbolCharacter character_of(std::uint64_t seed, const Symbol& symbol) {
    const CounterRandom random(seed, symbol);
    const auto draw = [&](std::uint64_t index) {
        return random.uniform(kDrawCharacter, kSyntheticOrigin, index);
    };
    SymbolCharacter character;
    character.coin = asset_class_of(symbol) == AssetClass::crypto;
    const double known = known_price(symbol.view());
    character.base_price = known > 0 ? known : std::exp(std::log(10.0) + draw(0) * 3.5);
    character.beta = character.coin ? 0.8 + 0.6 * draw(1) : 0.5 + 1.0 * draw(1);
    character.own_volatility = character.coin ? 0.012 + 0.02 * draw(2) : 0.007 + 0.015 * draw(2);
    character.spread = character.coin ? 0.0003 + 0.0007 * draw(3) : 0.00008 + 0.0003 * draw(3);
    character.tick = tick_for(character.coin, character.base_price);
    // Daily turnover of 0.3 to 10 billion for stocks, 0.05 to 1 billion for coins.
    const double turnover =
        character.coin ? 5e7 * std::exp(3.0 * draw(4)) : 3e8 * std::exp(3.5 * draw(4));
    character.volume_unit = character.coin ? 1'000 : Price::kOne;
    character.day_volume =
        turnover / character.base_price * 1e9 / static_cast<double>(character.volume_unit);
    return character;
}

ExtremePlaces places_of(double open, double high, double low, double close,
                        std::array<double, 2> draws) {
    // A path needs time in proportion to the square of its way; the draws keep it from being sure.
    const auto place = [](double from, double to, double draw) {
        const double noise = 1e-12 + (from * from + to * to) * 0.05;
        const double before = from * from * 2 * draw + noise;
        const double after = to * to * 2 * (1 - draw) + noise;
        return before / (before + after);
    };
    return {place(high - open, high - close, draws[0]), place(open - low, close - low, draws[1])};
}

Range range_of(double open, double close, double variance, std::array<double, 2> draws) {
    const double way = (open - close) * (open - close);
    const double up = std::sqrt(way - 2 * variance * std::log(draws[0]));
    const double down = std::sqrt(way - 2 * variance * std::log(draws[1]));
    return {std::max({(open + close + up) / 2, open, close}),
            std::min({(open + close - down) / 2, open, close})};
}

std::vector<SyntheticDay> make_days(const CounterRandom& random, const SymbolCharacter& character,
                                    const std::vector<FactorDay>& factor, Date last) {
    const auto calendar = character.coin ? TradingCalendar::utc_days : TradingCalendar::nyse;
    const double factor_volatility = character.coin ? kCoinVolatility : kEquityVolatility;
    const double base = std::log(character.base_price);
    std::vector<SyntheticDay> days;
    Clustering clustering;
    double price = base;
    double shock = 0;
    for (Date d = kSyntheticOrigin; d <= last; d = d + 1) {
        const auto session = session_on(calendar, d);
        if (!session) continue;
        const auto& common = factor[static_cast<std::size_t>(d - kSyntheticOrigin)];
        const auto draws = random.normals(kDrawDay, d, 0);
        const auto side_draws = random.normals(kDrawDay, d, 1);
        const double cluster = clustering.step(draws[0], shock);
        shock = draws[1];
        const double own = character.own_volatility * cluster * (0.5 + 0.5 * common.stress);
        const bool jump = random.uniform(kDrawDay, d, 2) < (character.coin ? 0.008 : 0.014);
        const double jumped =
            jump ? 3.5 * character.own_volatility * random.normal(kDrawDay, d, 3) : 0;
        const double move =
            character.beta * common.move + own * shock + jumped - kPull * (price - base);
        const double sigma = std::hypot(character.beta * factor_volatility * common.stress, own);
        // Stocks take a part of the move, and the whole of a jump, over night.
        const double gap =
            character.coin ? 0 : 0.3 * (move - jumped) + jumped + 0.25 * sigma * side_draws[0];
        SyntheticDay day;
        day.date = d;
        day.open_time = session->open;
        day.minutes = static_cast<std::int32_t>((session->close - session->open) / kMinute);
        day.open = price + gap;
        day.close = price + move;
        day.sigma = (character.coin ? 1.0 : 0.85) * sigma;
        const auto range = range_of(day.open, day.close, day.sigma * day.sigma,
                                    random.uniforms(kDrawExtremes, d, 0));
        day.high = range.high;
        day.low = range.low;
        const auto places =
            places_of(day.open, day.high, day.low, day.close, random.uniforms(kDrawExtremes, d, 1));
        day.high_at = inside_minute(places.high, day.minutes, 0.4);
        day.low_at = inside_minute(places.low, day.minutes, 0.6);
        const double activity = 0.3 * side_draws[1] - 0.045;
        day.volume = character.day_volume * std::exp(activity) *
                     std::pow(sigma / std::hypot(character.beta * factor_volatility,
                                                 character.own_volatility),
                              0.7);
        days.push_back(day);
        price = day.close;
    }
    return days;
}

}  // namespace tradewind::market
