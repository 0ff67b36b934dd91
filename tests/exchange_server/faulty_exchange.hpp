// An exchange whose faults a test scripts, with what the tests of faults ask of it.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>

#include "tests/catch.hpp"
#include "tests/exchange_server/api_client.hpp"

namespace tradewind::broker::test {

inline const char* const kOrder =
    R"({"symbol":"AAPL","side":"buy","qty":"1","type":"market","time_in_force":"day"})";

// An exchange with that script.
struct Faulty {
    explicit Faulty(const std::string& script) {
        std::filesystem::create_directories(folder.path());
        std::ofstream(file()) << script;
        LocalOptions options;
        options.server.faults_file = file().string();
        options.server.limits.trading_requests_per_minute = 1'000'000;
        // 2024-03-05 15:00:00 UTC, as the exchange's own clock says.
        options.server.unix_seconds = [] { return 1'709'650'800; };
        options.server.report = [this](const std::string& line) {
            const std::lock_guard lock(mutex);
            report = line;
        };
        exchange = std::make_unique<LocalExchange>(options);
    }
    Folder folder;
    std::mutex mutex;
    std::string report;
    std::unique_ptr<LocalExchange> exchange;

    [[nodiscard]] std::filesystem::path file() const { return folder.path() / "faults.json"; }
    // Changes the script and waits until the exchange goes by it: its clock is wrong then.
    void change(const std::string& faults) {
        const auto offset = std::to_string(++changes);
        write(R"([{"fault":"clock_skew","offset_ms":)" + offset + "000}" +
              (faults.empty() ? "" : ",") + faults + "]");
        const auto wanted = "Tue, 05 Mar 2024 15:00:0" + offset + " GMT";
        while (exchange->get("/v2/clock").headers.at("date") != wanted) {
        }
    }
    void write(const std::string& script) const {
        const auto written = file().string() + ".new";
        std::ofstream(written) << script;
        std::filesystem::rename(written, file());
    }
    // What the exchange told its operator last.
    std::string said() {
        const std::lock_guard lock(mutex);
        return report;
    }
    int changes = 0;

    std::unique_ptr<StreamClient> listening() {
        auto client = std::make_unique<StreamClient>(exchange->server().port(), "/stream");
        auto& stream = *client;
        stream.send(R"({"action":"auth","key":"KEY1","secret":"SECRET1"})");
        CHECK(stream.read_json()["data"]["status"] == "authorized");
        stream.send(R"({"action":"listen","data":{"streams":["trade_updates"]}})");
        CHECK(stream.read_json()["stream"] == "listening");
        return client;
    }
    Answer post() { return exchange->request("POST", "/v2/orders", kOrder); }
    std::size_t orders() { return exchange->get("/v2/orders?status=all").json().size(); }
};

}  // namespace tradewind::broker::test
