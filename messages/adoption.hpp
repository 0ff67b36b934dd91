// The word under which the books hold what the broker had and this program did not send: strategy
// of such orders and positions, and reason of such orders. Source: contract 9 (Ids, Downwards only
// with evidence).
#pragma once

namespace tradewind {

inline constexpr const char* kAdopted = "adopted";

}  // namespace tradewind
