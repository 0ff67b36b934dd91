// The strategies that can be named on the command line. One line registers one:
//
//     TRADEWIND_STRATEGY("sma_cross", SmaCross);
//
// where SmaCross has a constructor from Parameters&. Look-ups are by name; the table is filled
// during static initialisation and never changes afterwards, so any thread may read it. Strategies
// live in strategy/builtin/, an object library, so that the linker keeps every registration.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "strategy/parameters.hpp"
#include "strategy/strategy.hpp"

namespace tradewind::strategy {

using StrategyFactory = std::function<std::unique_ptr<Strategy>(Parameters&)>;

bool register_strategy(const char* name, StrategyFactory factory);
[[nodiscard]] std::vector<std::string> strategy_names();  // ascending
// Error(usage) for an unknown name (naming the nearest) or bad parameters.
[[nodiscard]] std::unique_ptr<Strategy> make_strategy(const std::string& name,
                                                      const Parameters::Values& parameters);

#define TRADEWIND_STRATEGY(name, Type)                                                        \
    [[maybe_unused]] const bool registered_##Type = ::tradewind::strategy::register_strategy( \
        name,                                                                                 \
        [](::tradewind::strategy::Parameters& parameters)                                     \
            -> std::unique_ptr<::tradewind::strategy::Strategy> {                             \
            return std::make_unique<Type>(parameters);                                        \
        })

}  // namespace tradewind::strategy
