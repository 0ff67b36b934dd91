// Alpaca's quotes, an own account: `paper --broker local`.
#include <algorithm>
#include <utility>

#include "actors/broker/alpaca_actor.hpp"
#include "actors/wiring/alpaca_market.hpp"
#include "actors/wiring/alpaca_venue.hpp"
#include "broker/exchange/local_exchange.hpp"

namespace tradewind::actors {
namespace {

class LocalVenue final : public TradingVenue {
  public:
    LocalVenue(const AlpacaVenueOptions& alpaca, const PaperOptions& options,
               const ledger::LedgerState& books)
        : options_(options), market_(alpaca.settings, alpaca.budget, options) {
        std::set<Symbol> others;
        for (const auto& booked : books.orders()) others.insert(booked.order.symbol);
        market_.read_symbols(others);
        broker::LocalTerms terms;
        terms.cash = options_.cash;
        terms.costs = options_.costs;
        terms.start = market_.time();
        terms.quote_age_ns =
            std::max(terms.quote_age_ns, static_cast<std::int64_t>(market_.clock()->speed() * 5e9));
        std::vector<Instrument> instruments;
        for (const auto& info : market_.symbols()) instruments.push_back(info.instrument);
        exchange_ = std::make_unique<broker::LocalExchange>(options_.state_folder / "local", terms,
                                                            std::move(instruments));
        exchange_->advance_to(market_.time());
        // What happened is in the truth that the start compares with.
        std::vector<OrderEvent> known;
        exchange_->take_events(known);
    }

    std::string broker() const override { return "local"; }
    double speed() const override { return market_.clock()->speed(); }
    Timestamp time() override { return market_.time(); }
    bool remote() const override { return false; }
    std::vector<strategy::SymbolInfo> symbols() override { return market_.symbols(); }

    std::vector<BarSeriesPtr> history(const std::vector<strategy::SymbolInfo>& symbols,
                                      HistoryWanted wanted) override {
        auto series = market_.history(symbols, wanted);
        for (const auto& info : symbols) {
            const auto& symbol = info.instrument.symbol;
            exchange_->set_reference(symbol, market_.last_close(symbol));
        }
        return series;
    }

    std::vector<Price> marks(const std::vector<strategy::SymbolInfo>& symbols) override {
        std::vector<Price> marks;
        for (const auto& info : symbols) {
            marks.push_back(market_.last_close(info.instrument.symbol));
        }
        return marks;
    }

    Takeover takeover(const ledger::LedgerState& books) override {
        Takeover takeover;
        if (books.runs() > 0) return takeover;
        ledger::Adjustment deposit;
        deposit.cash = exchange_->account().cash;
        deposit.reason = "initial_cash";
        takeover.adjustments.push_back(deposit);
        return takeover;
    }

    BrokerTruth truth(const ledger::LedgerState&) override {
        BrokerTruth truth;
        truth.time = market_.time();
        truth.cash = exchange_->account().cash;
        truth.positions = exchange_->positions();
        truth.orders = exchange_->orders();
        truth.fills = exchange_->fills();
        return truth;
    }

    ExchangeActor spawn(caf::actor_system& system, const VenueStart& start) override {
        AlpacaParts parts;
        parts.clock = market_.clock();
        parts.account = make_local_account(std::move(exchange_));
        parts.feed = market_.open_feed();
        return spawn_alpaca(system, std::move(parts), start);
    }

  private:
    const PaperOptions& options_;
    AlpacaMarket market_;
    std::unique_ptr<broker::LocalExchange> exchange_;
};

}  // namespace

std::unique_ptr<TradingVenue> open_local_venue(const AlpacaVenueOptions& alpaca,
                                               const PaperOptions& options,
                                               const ledger::LedgerState& books) {
    return std::make_unique<LocalVenue>(alpaca, options, books);
}

}  // namespace tradewind::actors
