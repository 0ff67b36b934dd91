#include "broker/exchange/server/hosted_instruments.hpp"

#include "broker/exchange/continued_market.hpp"
#include "broker/exchange/embedded_exchange.hpp"
#include "messages/asset_class.hpp"

namespace tradewind::broker {

market::InstrumentTable hosted_instruments(std::vector<Symbol> symbols, const std::string& folder) {
    if (const auto stored = EmbeddedExchange::stored_market_terms(folder)) {
        for (const auto& [symbol, curve] : ContinuedMarket::parse(*stored).symbols) {
            symbols.push_back(symbol);
        }
    }
    market::InstrumentTable table;
    for (const auto& symbol : symbols) {
        auto instrument = market::default_instrument(symbol, asset_class_of(symbol));
        instrument.fractionable = true;
        table.set(instrument);
    }
    return table;
}

}  // namespace tradewind::broker
