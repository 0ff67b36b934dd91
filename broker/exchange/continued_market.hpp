// The embedded exchange's market: recorded bars continued by the synthetic market, or the synthetic
// market alone.
//
// The continuation of a symbol is the synthetic one's, bent by one monotone curve so that it starts
// at the last recorded close and moves as much per day as the record did:
//     price(t) = last_close x (synthetic(t) / synthetic(end of record)) ^ exponent
// rounded to the symbol's tick. Bending is monotone, so highs stay highs, a trade's price stays its
// bid or ask, and the trades of a minute still make its bar. Exponent: the ratio of the standard
// deviations of daily log returns (record: the last 250), kept in [0.1, 10].
//
// Within the record: its own bars, of minutes where it has minutes. What it lacks is the synthetic
// day stretched between the recorded day's low and high, so that minutes, quotes and trades of the
// past stay in the range of their day.
//
// Every tick (market_tick.hpp) of an open session has a quote and a trade: where the synthetic
// market has no trade, one of a single unit (a share, a millionth of a coin) at the price of that
// moment; bars count it. The second half of a synthetic slot quotes the prices of the first.
//
// Everything follows from terms(), which hold the curves but not the bars. Immutable; any thread.
// Source: architecture 3, contract 2.4.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker/exchange/exchange_market.hpp"
#include "market/instruments.hpp"
#include "market/synthetic.hpp"

namespace tradewind::broker {

struct Continuation {
    Price last_close;            // zero: the synthetic prices as they are
    Timestamp from;              // end of the last recorded bar
    double synthetic_price = 1;  // at `from`
    double exponent = 1;
};

class ContinuedMarket final : public ExchangeMarket {
  public:
    struct Terms {
        std::uint64_t seed = 1;
        Date last_day;  // prices end here
        std::map<Symbol, Continuation> symbols;
    };

    // Fits the continuation of each symbol to its bars. `symbols` without a series are synthetic;
    // none and no series: the default synthetic symbols. Throws Error (data) on an empty series.
    [[nodiscard]] static Terms fit(std::uint64_t seed, const std::vector<Symbol>& symbols,
                                   const std::vector<BarSeriesPtr>& histories, Date last_day);
    [[nodiscard]] static std::string to_text(const Terms& terms);
    // Throws Error (corrupt).
    [[nodiscard]] static Terms parse(const std::string& text);

    ContinuedMarket(Terms terms, const std::vector<BarSeriesPtr>& histories,
                    const market::InstrumentTable& instruments);

    [[nodiscard]] const std::vector<Symbol>& symbols() const override { return symbols_; }
    [[nodiscard]] const Instrument& instrument(const Symbol& symbol) const override;
    [[nodiscard]] market::TradingCalendar calendar(const Symbol& symbol) const override;
    [[nodiscard]] Quote quote_at(const Symbol& symbol, Timestamp time) const override;
    [[nodiscard]] std::optional<Trade> trade_at(const Symbol& symbol,
                                                Timestamp time) const override;
    [[nodiscard]] Price price_at(const Symbol& symbol, Timestamp time) const override;
    [[nodiscard]] std::optional<Bar> minute_bar(const Symbol& symbol,
                                                Timestamp start) const override;
    [[nodiscard]] std::optional<Bar> daily_bar(const Symbol& symbol, Date date) const override;
    [[nodiscard]] BarSeriesPtr history(const Symbol& symbol) const override;
    [[nodiscard]] std::string terms() const override { return to_text(terms_); }

  private:
    struct Listing {
        Instrument instrument;
        Continuation curve;
        Price price_step;  // of generated prices
        BarSeriesPtr history;
        std::vector<Bar> recorded;  // its days, ascending
        std::map<Date, std::size_t> recorded_days;
    };
    // How synthetic prices become the exchange's at one time of one symbol.
    struct Shape {
        const Listing* listing = nullptr;
        double scale = 1;  // of log prices, around
        double synthetic_anchor = 1;
        double anchor = 1;
        bool as_is = true;

        [[nodiscard]] double exact(double price) const;
        [[nodiscard]] Price operator()(Price price) const;
        void operator()(Bar& bar) const;
    };
    [[nodiscard]] const Listing& listing(const Symbol& symbol) const;
    [[nodiscard]] Shape shape(const Symbol& symbol, Timestamp time) const;
    void record(const Symbol& symbol, Listing& entry, const BarSeriesPtr& series) const;

    Terms terms_;
    std::vector<Symbol> symbols_;
    std::map<Symbol, Listing> listings_;
    market::SyntheticMarket synthetic_;
};

// The day before the first session of an exchange that has the synthetic market alone: fixed, so
// that a seed names one session wherever and whenever it runs.
constexpr Date kSyntheticEve{20088};  // 2024-12-31

// 09:25 New York of the first session after the newest recorded bar; without any after
// kSyntheticEve.
[[nodiscard]] Timestamp default_exchange_start(const std::vector<BarSeriesPtr>& histories);

// The exchange in `folder` on these bars: a stored one goes on with its own curves and time, a new
// one is fitted to the bars and starts at settings.start (zero: default_exchange_start).
[[nodiscard]] std::unique_ptr<class EmbeddedExchange> open_embedded_exchange(
    const std::string& folder, struct ExchangeSettings settings, const std::vector<Symbol>& symbols,
    const std::vector<BarSeriesPtr>& histories, const market::InstrumentTable& instruments);

}  // namespace tradewind::broker
