#include "ledger/why.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "ledger/checksum_file.hpp"
#include "ledger/csv_reader.hpp"
#include "ledger/event_store.hpp"
#include "ledger/number_text.hpp"
#include "messages/error.hpp"

namespace tradewind::ledger {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kNamedIds = 5;

// What is known of the way from a forecast to a fill; pointers into the state.
struct Chain {
    const BookedDecision* decision = nullptr;
    std::vector<const BookedOrder*> orders;
    std::vector<const BookedFill*> fills;
    std::string decision_id;
};

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

[[noreturn]] void unknown(const LedgerState& state, const fs::path& folder, const std::string& id) {
    std::string near;
    std::size_t count = 0;
    const auto offer = [&](const std::string& known) {
        if (count < kNamedIds && (holds(known, id) || holds(id, known))) {
            near += (count++ == 0 ? "" : ", ") + known;
        }
    };
    for (const auto& booked : state.decisions()) offer(booked.decision.decision_id);
    for (const auto& booked : state.orders()) offer(booked.order.order_id);
    for (const auto& booked : state.fills()) offer(booked.fill.fill_id);
    throw Error(ErrorKind::usage, "unknown id " + id, folder.string(),
                "no fill, order, decision or trade has it",
                near.empty() ? "take an id from fills.csv, orders.csv or decisions.csv"
                             : "did you mean " + near);
}

// One id gives the whole family of its decision; a fill or an order narrows it to its own line.
Chain find_chain(const LedgerState& state, const fs::path& folder, const std::string& id) {
    Chain chain;
    std::string only_order;
    std::string only_fill;
    if (const auto* const fill = state.find_fill(id)) {
        only_fill = id;
        only_order = fill->fill.order_id;
    } else if (state.find_order(id) != nullptr) {
        only_order = id;
    } else {
        chain.decision_id = id;
    }
    if (!only_order.empty()) {
        if (const auto* const order = state.find_order(only_order)) {
            chain.decision_id = order->order.decision_id;
        }
    }
    chain.decision = state.find_decision(chain.decision_id);
    for (const auto& booked : state.orders()) {
        const auto& order = booked.order;
        if (only_order.empty() ? order.decision_id == id : order.order_id == only_order) {
            chain.orders.push_back(&booked);
        }
    }
    for (const auto& booked : state.fills()) {
        const bool wanted =
            only_fill.empty()
                ? std::any_of(chain.orders.begin(), chain.orders.end(),
                              [&](const BookedOrder* order) {
                                  return order->order.order_id == booked.fill.order_id;
                              })
                : booked.fill.fill_id == only_fill;
        if (wanted) chain.fills.push_back(&booked);
    }
    if (chain.decision == nullptr && chain.orders.empty() && chain.fills.empty()) {
        unknown(state, folder, id);
    }
    return chain;
}

Json describe(const BookedFill& booked) {
    const Fill& fill = booked.fill;
    return {{"event", booked.sequence},
            {"fill_id", fill.fill_id},
            {"order_id", fill.order_id},
            {"time", format_time(fill.time)},
            {"symbol", fill.symbol.to_string()},
            {"side", to_text(fill.side)},
            {"quantity", fill.quantity.to_string()},
            {"price", fill.price.to_string()},
            {"fee", fill.fee.to_string()},
            {"position", booked.position.to_string()},
            {"cash", booked.cash.to_string()}};
}

Json describe(const BookedOrder& booked) {
    const Order& order = booked.order;
    Json json{{"event", booked.sequence},
              {"order_id", order.order_id},
              {"decision_id", order.decision_id},
              {"time", format_time(order.time)},
              {"symbol", order.symbol.to_string()},
              {"role", to_text(order.role)},
              {"side", to_text(order.side)},
              {"type", to_text(order.type)},
              {"time_in_force", to_text(order.time_in_force)},
              {"quantity", order.quantity.to_string()},
              {"status", to_text(order.status)},
              {"filled_quantity", order.filled_quantity.to_string()},
              {"reason", order.reason}};
    if (!order.limit_price.is_zero()) json["limit_price"] = order.limit_price.to_string();
    if (!order.stop_price.is_zero()) json["stop_price"] = order.stop_price.to_string();
    if (!order.parent_order_id.empty()) json["parent_order_id"] = order.parent_order_id;
    return json;
}

Json describe(const BookedDecision& booked) {
    const Decision& decision = booked.decision;
    Json json{{"event", booked.sequence},
              {"decision_id", decision.decision_id},
              {"time", format_time(decision.time)},
              {"symbol", decision.symbol.to_string()},
              {"strategy", decision.strategy},
              {"side", decision.side},
              {"score", fixed_text(decision.score)},
              {"outcome", decision.outcome},
              {"reason", decision.reason}};
    if (!decision.price.is_zero()) json["price"] = decision.price.to_string();
    if (!decision.quantity.is_zero()) json["quantity"] = decision.quantity.to_string();
    return json;
}

// What the broker and the gateway said of the orders, in event order.
Json verdicts(const StoreReading& store, const Chain& chain) {
    Json list = Json::array();
    for (const auto& event : store.events) {
        if (event.kind != EventKind::order_event) continue;
        const auto body = Json::parse(event.payload);
        const auto order_id = body.value("order_id", std::string());
        const bool ours = std::any_of(
            chain.orders.begin(), chain.orders.end(),
            [&](const BookedOrder* order) { return order->order.order_id == order_id; });
        if (!ours) continue;
        list.push_back({{"event", event.sequence},
                        {"order_id", order_id},
                        {"said", body.value("kind", std::string())},
                        {"time", format_time(event.time)},
                        {"reason", body.value("reason", std::string())}});
    }
    return list;
}

// The rows of forecasts.csv that the decision could see last: same symbol, newest time not after
// it.
Json forecasts(const fs::path& folder, const Decision& decision) {
    Json list = Json::array();
    if (!fs::exists(folder / kForecastsCsv.file)) return list;
    CsvReader rows(folder, kForecastsCsv);
    std::string newest;
    while (rows.next()) {
        if (rows.timestamp(0) > decision.time) break;
        if (rows.cell(1) != decision.symbol.view()) continue;
        if (rows.cell(0) != newest) {
            newest = rows.cell(0);
            list.clear();
        }
        Json row{{"time", newest},
                 {"series", std::string(rows.cell(2))},
                 {"model", std::string(rows.cell(3))}};
        for (const auto* const level : {"q10", "q50", "q90"}) {
            row[level] = std::string(rows.cell(rows.column(level)));
        }
        row["input_hash"] = std::string(rows.cell(rows.column("input_hash")));
        list.push_back(row);
    }
    return list;
}

// The same of a daemon, whose forecasts of a day are kept with the decisions that they were for.
Json recorded_forecasts(const StoreReading& store, const Decision& decision) {
    Json list = Json::array();
    const std::string plan_id = "forecast." + decision.symbol.to_string();
    std::string newest;
    for (const auto& event : store.events) {
        if (event.kind != EventKind::plan || event.time > decision.time) continue;
        const auto body = Json::parse(event.payload);
        if (body.value("plan_id", std::string()) != plan_id) continue;
        newest = body.value("content", std::string());
    }
    std::istringstream lines(newest);
    std::string line;
    while (std::getline(lines, line)) {
        std::vector<std::string> cells;
        std::istringstream in(line);
        for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
        constexpr std::size_t kCells = 14;  // time, symbol, series, model, nine deciles, hash
        if (cells.size() != kCells) continue;
        list.push_back({{"time", cells[0]},
                        {"series", cells[2]},
                        {"model", cells[3]},
                        {"q10", cells[4]},
                        {"q50", cells[8]},
                        {"q90", cells[12]},
                        {"input_hash", cells[13]}});
    }
    return list;
}

Json explain(const fs::path& folder, const std::string& id) {
    if (!fs::exists(folder / kStoreFile)) {
        throw Error(ErrorKind::usage, "cannot explain", folder.string(),
                    "neither a run folder nor a state folder", "name one with --run or --state");
    }
    const auto store = read_store(folder / kStoreFile, fs::exists(folder / kChecksumFile), true);
    const auto chain = find_chain(store.state, folder, id);
    Json json;
    json["id"] = id;
    json["fills"] = Json::array();
    for (const auto* const fill : chain.fills) json["fills"].push_back(describe(*fill));
    json["orders"] = Json::array();
    for (const auto* const order : chain.orders) json["orders"].push_back(describe(*order));
    json["verdicts"] = verdicts(store, chain);
    json["decision"] = nullptr;
    json["forecasts"] = Json::array();
    if (chain.decision != nullptr) {
        json["decision"] = describe(*chain.decision);
        const auto& decision = chain.decision->decision;
        json["forecasts"] = forecasts(folder, decision);
        if (json["forecasts"].empty()) json["forecasts"] = recorded_forecasts(store, decision);
    }
    return json;
}

void print(std::string& text, const char* title, const Json& object) {
    text += std::string(title) + "\n";
    for (const auto& [key, value] : object.items()) {
        const auto shown = value.is_string() ? value.get<std::string>() : value.dump();
        if (shown.empty()) continue;
        text +=
            "    " + key + std::string(key.size() < 18 ? 18 - key.size() : 1, ' ') + shown + "\n";
    }
}

}  // namespace

std::string explain_json(const fs::path& folder, const std::string& id) {
    return explain(folder, id).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string explain_text(const fs::path& folder, const std::string& id) {
    const auto json = explain(folder, id);
    std::string text;
    for (const auto& fill : json["fills"]) print(text, "fill", fill);
    for (const auto& order : json["orders"]) print(text, "<- order", order);
    for (const auto& verdict : json["verdicts"]) print(text, "<- verdict", verdict);
    if (!json["decision"].is_null()) print(text, "<- decision", json["decision"]);
    for (const auto& forecast : json["forecasts"]) print(text, "<- forecast", forecast);
    return text;
}

}  // namespace tradewind::ledger
