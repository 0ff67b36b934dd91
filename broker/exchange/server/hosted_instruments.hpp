// The trading rules of the hosted paper account's assets: as everywhere, but stocks in fractions.
// Pure; any thread. Source: broker protocol 2.3, 2.7.
#pragma once

#include <string>
#include <vector>

#include "market/instruments.hpp"

namespace tradewind::broker {

// Of these symbols, and of those that the store in `folder` lists already.
[[nodiscard]] market::InstrumentTable hosted_instruments(std::vector<Symbol> symbols,
                                                         const std::string& folder);

}  // namespace tradewind::broker
