// A market whose prices are sums of sines: cheap, exact to repeat, and easy to reason about. AAPL
// and TSLA trade NYSE sessions, BTCUSD all the time.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "broker/exchange/embedded_exchange.hpp"
#include "broker/exchange/exchange_market.hpp"

namespace tradewind::test {

class WaveMarket final : public broker::ExchangeMarket {
  public:
    WaveMarket();
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
    [[nodiscard]] BarSeriesPtr history(const Symbol&) const override { return nullptr; }
    [[nodiscard]] std::string terms() const override { return "waves"; }

  private:
    std::vector<Symbol> symbols_;
    std::map<Symbol, Instrument> instruments_;
};

// A temporary folder, removed at the end.
struct Folder {
    std::filesystem::path path;
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
};

// 2026-03-30 (a Monday) 09:25 New York.
[[nodiscard]] Timestamp wave_start();
[[nodiscard]] broker::ExchangeSettings wave_settings();
[[nodiscard]] std::unique_ptr<broker::EmbeddedExchange> open_waves(
    const std::filesystem::path& folder, broker::ExchangeSettings settings = wave_settings());

[[nodiscard]] Order make_order(const std::string& id, const std::string& symbol, Side side,
                               const std::string& quantity, OrderType type = OrderType::market,
                               const std::string& limit = "0",
                               TimeInForce time_in_force = TimeInForce::day);

inline constexpr const char* kAccount = "PAPER-1";

}  // namespace tradewind::test
