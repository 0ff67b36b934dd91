#include "orders/order_validation.hpp"

#include <algorithm>

namespace tradewind::orders {
namespace {

using Fault = std::optional<std::string>;

Fault id_fault(const Order& order) {
    if (order.order_id.empty()) return "the order has no id";
    if (order.order_id.size() > kMaxOrderIdLength)
        return "the order id has more than 128 characters";
    const auto& id = order.order_id;
    if (!std::all_of(id.begin(), id.end(), [](char c) { return c >= ' ' && c < 127; })) {
        return "the order id holds characters outside printable ASCII";
    }
    return std::nullopt;
}

// Which prices the type wants: each exactly there or exactly absent.
Fault type_fault(const Order& order) {
    const bool wants_limit = order.type == OrderType::limit || order.type == OrderType::stop_limit;
    const bool wants_stop = order.type == OrderType::stop || order.type == OrderType::stop_limit ||
                            order.type == OrderType::trailing_stop;
    const auto type = [&] { return std::string(to_text(order.type)); };
    if (order.limit_price.sign() < 0 || order.stop_price.sign() < 0) return "a price is negative";
    if (wants_limit && order.limit_price.is_zero()) return type() + " order without limit price";
    if (!wants_limit && !order.limit_price.is_zero()) return type() + " order with a limit price";
    if (wants_stop && order.stop_price.is_zero()) return type() + " order without stop price";
    if (!wants_stop && !order.stop_price.is_zero()) return type() + " order with a stop price";
    return std::nullopt;
}

Fault tick_fault(Price price, Price tick, const char* name) {
    if (price.is_zero() || price.units() % tick.units() == 0) return std::nullopt;
    return std::string(name) + " " + price.to_string() + " is not a multiple of the tick " +
           tick.to_string();
}

Fault price_fault(const Order& order, const Instrument& instrument) {
    if (Fault fault = tick_fault(order.limit_price, instrument.tick, "limit price")) return fault;
    // A trail is a distance: the broker rounds the stop it derives from it.
    if (order.type != OrderType::trailing_stop) {
        if (Fault fault = tick_fault(order.stop_price, instrument.tick, "stop price")) return fault;
    }
    if (Fault fault = tick_fault(order.exit_plan.target, instrument.tick, "target")) return fault;
    return tick_fault(order.exit_plan.stop, instrument.tick, "protective stop");
}

Fault time_in_force_fault(const Order& order, const Instrument& instrument) {
    const auto tif = [&] { return std::string(to_text(order.time_in_force)); };
    if (!instrument.allows(order.time_in_force)) {
        return "time in force " + tif() + " is not allowed for " + instrument.symbol.to_string();
    }
    const bool at_once =
        order.time_in_force != TimeInForce::day && order.time_in_force != TimeInForce::gtc;
    if (at_once && order.type != OrderType::market && order.type != OrderType::limit) {
        return std::string(to_text(order.type)) + " order with time in force " + tif();
    }
    return std::nullopt;
}

Fault quantity_fault(const Order& order, const Instrument& instrument, Price reference) {
    if (order.quantity.sign() <= 0) return "the quantity is not positive";
    if (!is_multiple_of(order.quantity, instrument.lot)) {
        return "quantity " + order.quantity.to_string() + " is not a multiple of the lot " +
               instrument.lot.to_string();
    }
    if (instrument.asset_class == AssetClass::us_equity &&
        !is_multiple_of(order.quantity, Quantity::whole(1))) {
        if (!instrument.fractionable)
            return "fractional quantity of a share that is not fractionable";
        // The broker drops fractional gtc orders without a word.
        if (order.time_in_force != TimeInForce::day) {
            return "fractional quantity with a time in force other than day";
        }
        if (order.role == Role::entry && order.side == Side::sell) {
            return "fractional short sale";
        }
    }
    Price price = order.limit_price.is_zero() ? order.stop_price : order.limit_price;
    if (price.is_zero() || order.type == OrderType::trailing_stop) price = reference;
    if (instrument.minimum_notional.sign() > 0 && price.sign() > 0 &&
        price * order.quantity < instrument.minimum_notional) {
        return "notional " + (price * order.quantity).to_string() + " is below the minimum " +
               instrument.minimum_notional.to_string();
    }
    return std::nullopt;
}

// The plan's levels on their sides of the entry: for a long stop < entry < target.
Fault exit_plan_fault(const Order& order) {
    const ExitPlan& plan = order.exit_plan;
    if (plan == ExitPlan{}) return std::nullopt;
    if (order.role == Role::exit) return "an exit with an exit plan of its own";
    if (plan.target.sign() < 0 || plan.stop.sign() < 0) return "the exit plan has a negative price";
    const auto beyond = [&](Price a, Price b) { return order.side == Side::buy ? a > b : a < b; };
    const Price entry = order.limit_price;
    if (!plan.target.is_zero() && !entry.is_zero() && !beyond(plan.target, entry)) {
        return "target " + plan.target.to_string() + " on the wrong side of the entry " +
               entry.to_string();
    }
    if (!plan.stop.is_zero() && !entry.is_zero() && !beyond(entry, plan.stop)) {
        return "protective stop " + plan.stop.to_string() + " on the wrong side of the entry " +
               entry.to_string();
    }
    if (!plan.target.is_zero() && !plan.stop.is_zero() && !beyond(plan.target, plan.stop)) {
        return "target and protective stop are swapped";
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> fault_of(const Order& order, const Instrument& instrument,
                                    Price reference) {
    if (order.symbol != instrument.symbol) return "the instrument is of another symbol";
    // What is held is left, though it is not asked for any more; the market says whether it can be.
    const bool enters = order.role == Role::entry;
    if (enters && !instrument.tradable) return instrument.symbol.to_string() + " is not tradable";
    if (Fault fault = id_fault(order)) return fault;
    if (Fault fault = type_fault(order)) return fault;
    if (Fault fault = time_in_force_fault(order, instrument)) return fault;
    if (Fault fault = quantity_fault(order, instrument, reference)) return fault;
    if (Fault fault = price_fault(order, instrument)) return fault;
    if (order.role == Role::entry && order.side == Side::sell && !instrument.shortable) {
        return instrument.symbol.to_string() + " cannot be sold short";
    }
    return exit_plan_fault(order);
}

}  // namespace tradewind::orders
