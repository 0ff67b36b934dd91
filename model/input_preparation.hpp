// From bars to a network's input rows and from its output back to cumulative deciles. Pure; any
// thread. Source: training recipe 4.2, forecast-models spec 9.
//
// Input: the newest moves before bar `end_index` of the four channels close, high, low, open, as
// one group. `own_moves`: x[t] / x[t-1] - 1 of each; `anchored`: the close's own move, the others
// as x[t] / close[t-1] - 1. With a channel code, one prefix patch stands before the context: all
// unobserved but one point of value 0 whose position names the channel and the form.
//
// Output, step 1: own moves as they are; anchored ones by q(y) = (1 + q) close[t] / x[t] - 1.
// Further steps are moves of single bars. They are made cumulative on the path of medians: the
// median compounds, and the distances of a decile from the median add up in quadrature, as
// independent moves would; step 1 is exact, later ones an approximation.
#pragma once

#include <cstdint>
#include <span>

#include "messages/bar.hpp"
#include "messages/forecast.hpp"
#include "model/checkpoint.hpp"

namespace tradewind::model {

// Where the one observed point of the prefix patch stands.
[[nodiscard]] std::size_t code_position(std::size_t channel, InputForm form);

// Points of one prepared row of one channel: the code patch, if any, and the context.
[[nodiscard]] std::size_t prepared_points(std::size_t context_points, std::size_t patch_size,
                                          const InputConvention& convention);

// Whether the move into bar `index` >= 1 can be an input: prices are positive, moves not absurd.
[[nodiscard]] bool usable_move(const BarSeries& series, std::size_t index,
                               const InputConvention& convention);

// Fills `values` and `mask` [4, prepared_points] with the newest `context_points` moves before bar
// `end_index`, left-padded with unobserved zeros. False: a price is not positive.
[[nodiscard]] bool prepare_channels(const BarSeries& series, std::uint32_t end_index,
                                    std::size_t context_points, std::size_t patch_size,
                                    const InputConvention& convention, std::span<double> values,
                                    std::span<std::uint8_t> mask);

// `moves` [9, 4, horizon] of the network for the row `end_index` become `deciles` [horizon, 4].
// False: a value is not finite.
[[nodiscard]] bool to_cumulative_deciles(const BarSeries& series, std::uint32_t end_index,
                                         const InputConvention& convention,
                                         std::span<const float> moves, std::uint32_t horizon,
                                         std::span<Deciles> deciles);

}  // namespace tradewind::model
