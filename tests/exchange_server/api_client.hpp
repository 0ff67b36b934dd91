// A simulated exchange on a free loopback port, and plain clients to talk to it over real sockets.
// The exchange's clock stands still until move() is called, so that every test knows its prices.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "broker/exchange/server/exchange_server.hpp"

namespace tradewind::broker::test {

using Json = nlohmann::json;

struct Answer {
    unsigned status = 0;                         // 0: the connection ended without an answer
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
    bool timed_out = false;  // the connection stayed open, and nothing came

    [[nodiscard]] Json json() const { return Json::parse(body); }
};

class Folder {
  public:
    Folder();
    ~Folder();
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

struct LocalOptions {
    std::vector<std::string> symbols = {"AAPL", "MSFT", "BTCUSD"};
    Timestamp start;  // zero: 2024-03-05 10:00 New York, a Tuesday
    ServerOptions server;
    HostOptions host;
};

class LocalExchange {
  public:
    explicit LocalExchange(LocalOptions options = {});
    ~LocalExchange();

    // One request on a connection of its own, with the default keys.
    Answer request(const std::string& method, const std::string& target,
                   const std::string& body = "");
    Answer request_as(const std::map<std::string, std::string>& headers, const std::string& method,
                      const std::string& target, const std::string& body = "");
    Answer get(const std::string& target) { return request("GET", target); }
    // Moves the clock on and lets the exchange catch up.
    void move(std::int64_t duration_ns);
    // Drops the exchange as a kill would, and opens it again in the same folder.
    void restart();
    [[nodiscard]] ExchangeServer& server() { return *server_; }
    [[nodiscard]] Quote quote(const std::string& symbol);
    // How long a request waits for its answer.
    std::chrono::milliseconds patience{10'000};

  private:
    void open();
    Folder folder_;
    LocalOptions options_;
    std::unique_ptr<ExchangeServer> server_;
};

// One WebSocket, synchronous. Reads wait at most five seconds.
class StreamClient {
  public:
    StreamClient(std::uint16_t port, const std::string& path,
                 const std::map<std::string, std::string>& headers = {});
    ~StreamClient();
    void send(const std::string& text);
    // The next message; empty: the connection was closed.
    [[nodiscard]] std::optional<std::string> read();
    [[nodiscard]] Json read_json();
    [[nodiscard]] bool last_was_binary() const;
    // The upgrade's HTTP status: 101 when it worked.
    [[nodiscard]] unsigned status() const;

  private:
    struct Socket;
    std::unique_ptr<Socket> socket_;
};

}  // namespace tradewind::broker::test
