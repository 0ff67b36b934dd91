// `--instruments FILE`: trading rules stated per symbol, in TOML.
//
//   [AAPL]
//   asset_class = "us_equity"        # or "crypto", "generic"; default: by the symbol's spelling
//   tick = "0.01"                    # decimals as text or numbers without exponent
//   lot = "1"
//   minimum_notional = "1"
//   shortable = true
//   fractionable = false
//   tradable = true
//   times_in_force = ["day", "gtc"]
//
// A key left out keeps the default of the class. Throws Error (usage) naming file, line and key; an
// unknown key is an error. Blocking; any thread. Source: contract 2.1, 3.
#pragma once

#include <string>
#include <string_view>

#include "market/instruments.hpp"

namespace tradewind::market {

[[nodiscard]] InstrumentTable read_instruments(const std::string& path);
[[nodiscard]] InstrumentTable parse_instruments(std::string_view toml, const std::string& source);

}  // namespace tradewind::market
