// Format F7, the binary panel "MKTD" version 2: float32 bars of many symbols on consecutive
// calendar days, with a mask of the days on which each symbol traded. The file holds no dates; the
// first day is given. Internal to market/catalog. Throws Error (data). Source: strategies spec 8.1.
#pragma once

#include <string>
#include <string_view>

#include "market/catalog/import.hpp"

namespace tradewind::market {

[[nodiscard]] ImportedFile read_mktd_panel(std::string_view bytes, const std::string& path,
                                           const ImportOptions& options);

}  // namespace tradewind::market
