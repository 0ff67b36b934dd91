#include "strategy/registry.hpp"

#include <map>

#include "messages/error.hpp"

namespace tradewind::strategy {
namespace {

std::map<std::string, StrategyFactory>& table() {
    static std::map<std::string, StrategyFactory> strategies;
    return strategies;
}

}  // namespace

bool register_strategy(const char* name, StrategyFactory factory) {
    return table().emplace(name, std::move(factory)).second;
}

std::vector<std::string> strategy_names() {
    std::vector<std::string> names;
    for (const auto& [name, factory] : table()) names.push_back(name);
    return names;
}

std::unique_ptr<Strategy> make_strategy(const std::string& name, const Parameters::Values& values) {
    const auto at = table().find(name);
    if (at == table().end()) {
        std::string known;
        for (const auto& [key, factory] : table()) known += (known.empty() ? "" : ", ") + key;
        throw Error(ErrorKind::usage, "unknown strategy", "--strategy " + name,
                    "no strategy has this name", "known: " + known);
    }
    Parameters parameters(name, values);
    auto strategy = at->second(parameters);
    parameters.finish();
    return strategy;
}

}  // namespace tradewind::strategy
