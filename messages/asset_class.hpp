// The asset class that a symbol's spelling implies: what holds where nobody stated an instrument.
// Pure; any thread. Source: contract 3, strategies spec 0.3.
#pragma once

#include <string_view>

#include "messages/instrument.hpp"
#include "messages/symbol.hpp"

namespace tradewind {

// Crypto when the symbol ends in USD, USDT or USDC after a base that is no ISO currency; else a US
// stock. Never `generic`.
[[nodiscard]] AssetClass asset_class_of(const Symbol& symbol);

// ISO 4217 codes, funds and metals included, and those withdrawn within living series.
[[nodiscard]] bool is_iso_currency(std::string_view code);

}  // namespace tradewind
