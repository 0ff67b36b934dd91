// tradewind status|stop|kill|resume: talk to the daemon of a state folder. Source: contract 2.5, 8.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "actors/status/http_client.hpp"
#include "messages/error.hpp"
#include "tools/command.hpp"
#include "tools/settings_options.hpp"

namespace tradewind::tools {
namespace {

using nlohmann::ordered_json;

constexpr std::chrono::milliseconds kStopTimeout{30'000};

struct DaemonArguments {
    config::Sources sources;
    std::string state;
    bool json = false;
    bool flatten = false;
    std::string reason;
};

std::filesystem::path endpoint_file(const DaemonArguments& arguments) {
    std::filesystem::path folder = arguments.state;
    if (folder.empty()) folder = state_folder_of(settings_of(arguments.sources));
    return folder / "http.json";
}

ordered_json parsed(const status::Endpoint& endpoint, const status::HttpAnswer& answer) {
    auto json = ordered_json::parse(answer.body, nullptr, false);
    if (json.is_discarded() || answer.status == 401) {
        throw Error(ErrorKind::unavailable, "no answer from the daemon", endpoint.address,
                    "another program answers there (HTTP " + std::to_string(answer.status) + ")",
                    "start the daemon, or name its folder with --state");
    }
    if (answer.status != 200) {
        std::string why = "HTTP " + std::to_string(answer.status);
        for (const char* key : {"error", "message"}) {
            if (json.is_object() && json.contains(key) && json[key].is_string()) {
                why = json[key].get<std::string>();
            }
        }
        throw Error(ErrorKind::failed, "the daemon refused", endpoint.address, why);
    }
    return json;
}

ordered_json get(const status::Endpoint& endpoint, const std::string& target) {
    return parsed(endpoint, status::http_get(endpoint, target));
}

// A cell of the table: text as it is, nothing as a dash.
std::string cell(const ordered_json& row, const char* key) {
    const auto found = row.find(key);
    if (found == row.end() || found->is_null()) return "-";
    return found->is_string() ? found->get<std::string>() : found->dump();
}

void print_table(const ordered_json& status, const std::string& address) {
    const auto line = [](const char* name, const std::string& value) {
        std::printf("%-14s %s\n", name, value.c_str());
    };
    line("address", address);
    line("mode", cell(status, "mode") + ", broker " + cell(status, "broker"));
    line("state", cell(status, "state"));
    for (const auto& reason : status["reasons"]) line("", reason.get<std::string>());
    line("cash", cell(status, "cash"));
    line("equity", cell(status, "equity"));
    line("exchange time", cell(status, "exchange_time"));
    line("streams", "data " + cell(status["streams"], "data") + ", trading " +
                        cell(status["streams"], "trading"));
    line("positions", std::to_string(status["positions"].size()));
    for (const auto& row : status["positions"]) {
        std::printf("  %-10s %16s at %-14s now %-14s profit %s\n", cell(row, "symbol").c_str(),
                    cell(row, "quantity").c_str(), cell(row, "average_entry_price").c_str(),
                    cell(row, "price").c_str(), cell(row, "unrealized_pnl").c_str());
    }
    line("open orders", std::to_string(status["open_orders"].size()));
    for (const auto& row : status["open_orders"]) {
        std::printf("  %-10s %-4s %16s %-10s limit %-14s %s\n", cell(row, "symbol").c_str(),
                    cell(row, "side").c_str(), cell(row, "quantity").c_str(),
                    cell(row, "type").c_str(), cell(row, "limit_price").c_str(),
                    cell(row, "status").c_str());
    }
}

void show_status(const DaemonArguments& arguments) {
    const auto endpoint = status::read_endpoint_file(endpoint_file(arguments));
    auto status = get(endpoint, "/api/status");
    status["positions"] = get(endpoint, "/api/positions");
    status["open_orders"] = ordered_json::array();
    for (const auto& order : get(endpoint, "/api/orders")) {
        if (order.value("closed_time", ordered_json()).is_null()) {
            status["open_orders"].push_back(order);
        }
    }
    if (arguments.json) {
        status["address"] = endpoint.address;
        std::printf("%s\n", status.dump(2).c_str());
    } else {
        print_table(status, endpoint.address);
    }
}

void command(const DaemonArguments& arguments, const std::string& name) {
    const auto file = endpoint_file(arguments);
    const auto endpoint = status::read_endpoint_file(file);
    ordered_json body = ordered_json::object();
    if (!arguments.reason.empty()) body["reason"] = arguments.reason;
    if (arguments.flatten) body["flatten"] = true;
    auto answer = parsed(endpoint, status::http_post(endpoint, "/api/" + name, body.dump()));
    if (name == "stop") {
        if (!status::wait_until_ended(file, endpoint, kStopTimeout)) {
            throw Error(ErrorKind::failed, "the daemon did not end in time", endpoint.address,
                        "it was told to stop", "see its log");
        }
        answer["message"] = "stopped";
    }
    if (arguments.json) {
        std::printf("%s\n", answer.dump().c_str());
    } else {
        std::printf("%s\n", cell(answer, "message").c_str());
    }
}

CLI::App* add(CLI::App& app, const std::string& name, const std::string& help,
              const std::shared_ptr<DaemonArguments>& arguments) {
    auto* sub = app.add_subcommand(name, help);
    add_config_option(*sub, arguments->sources);
    sub->add_option("--state", arguments->state, "state folder of the daemon");
    sub->add_flag("--json", arguments->json, "print one JSON document");
    if (name == "status") {
        sub->callback([arguments] { show_status(*arguments); });
    } else {
        sub->callback([arguments, name] { command(*arguments, name); });
    }
    return sub;
}

}  // namespace

void add_daemon_commands(CLI::App& app) {
    const auto arguments = std::make_shared<DaemonArguments>();
    (void)add(app, "status", "what a running daemon does and holds", arguments);
    (void)add(app, "stop", "end a daemon in order: entries cancelled, exits left", arguments);
    auto* kill = add(app, "kill", "halt all new risk at once, until resume", arguments);
    kill->add_flag("--flatten", arguments->flatten, "also close the positions");
    kill->add_option("--reason", arguments->reason, "why, for the record");
    auto* resume = add(app, "resume", "allow new risk again after kill", arguments);
    resume->add_option("--reason", arguments->reason, "why, for the record");
}

}  // namespace tradewind::tools
