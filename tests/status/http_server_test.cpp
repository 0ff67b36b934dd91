#include "actors/status/http_server.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/status/http_client.hpp"
#include "tests/status/sample_view.hpp"

using namespace tradewind;
using namespace tradewind::status;
using test::HttpAnswer;
using test::RawConnection;
using test::request;

namespace {

// Stands for the daemon: keeps the commands and answers when the test says so.
class Daemon {
  public:
    explicit Daemon(HttpLimits limits = {})
        : server_(
              [&] {
                  HttpOptions options;
                  options.listen = "127.0.0.1:0";
                  options.token = "secret";
                  options.limits = limits;
                  return options;
              }(),
              std::make_shared<Metrics>(),
              [this](Command command, Reply reply) {
                  const std::lock_guard lock(mutex_);
                  commands_.emplace_back(std::move(command), std::move(reply));
                  arrived_.notify_all();
              }) {
        server_.publish(std::make_shared<const StatusView>(test::sample_view()));
    }
    std::pair<Command, Reply> next_command() {
        std::unique_lock lock(mutex_);
        arrived_.wait(lock, [this] { return !commands_.empty(); });
        auto result = std::move(commands_.front());
        commands_.pop_front();
        return result;
    }
    HttpServer& server() { return server_; }
    [[nodiscard]] std::uint16_t port() const { return server_.port(); }

  private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<std::pair<Command, Reply>> commands_;
    HttpServer server_;
};

constexpr const char* kToken = "Authorization: Bearer secret\r\n";

ErrorKind kind_of_listening(const std::string& listen) {
    try {
        HttpOptions options;
        options.listen = listen;
        options.token = "secret";
        const HttpServer server(options, std::make_shared<Metrics>(), [](Command, Reply) {});
    } catch (const Error& error) {
        return error.kind();
    }
    return ErrorKind::failed;
}

}  // namespace

TEST_CASE("a bad or taken address is a usage error") {
    Daemon daemon;
    for (const auto& bad :
         {std::string("127.0.0.1:") + std::to_string(daemon.port()), std::string("8700"),
          std::string(":8700"), std::string("127.0.0.1:"), std::string("127.0.0.1:65536"),
          std::string("127.0.0.1:-1"), std::string("nowhere:80"), std::string("::1:80"),
          std::string("0.0.0.0:0"), std::string("")}) {
        INFO(bad);
        CHECK(kind_of_listening(bad) == ErrorKind::usage);
    }
    CHECK(daemon.server().address() == "http://127.0.0.1:" + std::to_string(daemon.port()));
}

TEST_CASE("every readable path answers over a socket") {
    const Daemon daemon;
    for (const char* const path :
         {"/", "/app.js", "/charts.js", "/style.css", "/icon.svg", "/healthz", "/readyz",
          "/metrics", "/api/status", "/api/positions", "/api/orders", "/api/fills",
          "/api/decisions", "/api/equity", "/api/forecasts/AAPL", "/api/bars/AAPL"}) {
        INFO(path);
        const auto answer = request(daemon.port(), "GET", path);
        CHECK(answer.status == 200);
        CHECK_FALSE(answer.body.empty());
        CHECK(answer.headers.at("x-content-type-options") == "nosniff");
        CHECK(answer.headers.at("content-security-policy").find("default-src 'none'") == 0);
        const auto head = request(daemon.port(), "HEAD", path);
        CHECK(head.status == 200);
        if (std::string(path) != "/metrics") {  // counts the requests themselves
            CHECK(head.headers.at("content-length") == std::to_string(answer.body.size()));
        }
    }
    CHECK(request(daemon.port(), "GET", "/api/nothing").status == 404);
    const auto wrong = request(daemon.port(), "DELETE", "/api/orders");
    CHECK(wrong.status == 405);
    CHECK(wrong.headers.at("allow") == "GET, HEAD");
    CHECK(request(daemon.port(), "PUT", "/api/kill").headers.at("allow") == "POST");
    CHECK(request(daemon.port(), "BREW", "/").status == 405);
}

TEST_CASE("one connection serves many requests, pipelined ones and HEAD too") {
    const Daemon daemon;
    RawConnection connection(daemon.port());
    const std::string host = "Host: localhost\r\n";
    for (int i = 0; i < 20; ++i) {
        REQUIRE(connection.send("GET /api/status HTTP/1.1\r\n" + host + "\r\n"));
        REQUIRE(connection.receive().status == 200);
    }
    REQUIRE(connection.send("HEAD /api/status HTTP/1.1\r\n" + host +
                            "\r\nGET /healthz HTTP/1.1\r\n" + host +
                            "\r\nGET /nothing HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n"));
    CHECK(connection.receive(true).status == 200);
    CHECK(connection.receive().body == "ok\n");
    const auto last = connection.receive();
    CHECK(last.status == 404);
    CHECK(last.headers.at("connection") == "close");
    CHECK(connection.closed_by_peer());

    RawConnection old(daemon.port());
    REQUIRE(old.send("GET /healthz HTTP/1.0\r\n\r\n"));
    CHECK(old.receive().status == 200);
    CHECK(old.closed_by_peer());
}

TEST_CASE("a command is answered when the daemon says so, not before") {
    Daemon daemon;
    HttpAnswer answer;
    std::thread client([&] {
        answer = request(daemon.port(), "POST", "/api/kill", kToken, R"({"flatten":true})");
    });
    auto [command, reply] = daemon.next_command();
    CHECK(command.kind == Command::Kind::kill);
    CHECK(command.flatten);
    // The server goes on serving while the command waits.
    CHECK(request(daemon.port(), "GET", "/healthz").status == 200);
    reply({true, "halted"});
    reply({false, "a second answer is ignored"});
    client.join();
    CHECK(answer.status == 200);
    CHECK(nlohmann::json::parse(answer.body) ==
          nlohmann::json{{"done", true}, {"message", "halted"}});
}

TEST_CASE("a command that fails, is dropped or never answered is 503") {
    HttpLimits limits;
    limits.command_timeout = std::chrono::milliseconds(50);
    Daemon daemon(limits);
    const auto late = request(daemon.port(), "POST", "/api/stop", kToken);
    CHECK(late.status == 503);
    CHECK(daemon.next_command().first.kind == Command::Kind::stop);  // dropped after its time

    Daemon patient;
    HttpAnswer answer;
    std::thread client([&] { answer = request(patient.port(), "POST", "/api/resume", kToken); });
    { const auto dropped = patient.next_command(); }
    client.join();
    CHECK(answer.status == 503);
    CHECK(answer.body.find("dropped") != std::string::npos);
}

TEST_CASE("commands need the token and a harmless origin") {
    Daemon daemon;
    const auto missing = request(daemon.port(), "POST", "/api/kill");
    CHECK(missing.status == 401);
    CHECK(missing.headers.at("www-authenticate").starts_with("Bearer"));
    CHECK(request(daemon.port(), "POST", "/api/kill", "Authorization: Bearer no\r\n").status ==
          401);
    CHECK(request(daemon.port(), "POST", "/api/kill",
                  std::string(kToken) + "Origin: https://evil.example\r\n")
              .status == 403);
    CHECK(
        request(daemon.port(), "POST", "/api/kill", std::string(kToken) + "Host: evil.example\r\n")
            .status == 403);
    CHECK(request(daemon.port(), "GET", "/api/status", "Host: evil.example\r\n").status == 403);
}

TEST_CASE("the newest view is served and streamed; intermediate ones may be skipped") {
    HttpLimits limits;
    limits.event_interval = std::chrono::milliseconds(5);
    Daemon daemon(limits);
    RawConnection events(daemon.port());
    REQUIRE(events.send("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    const auto head = events.receive_until("\r\n\r\n");
    CHECK(head.starts_with("HTTP/1.1 200"));
    CHECK(head.find("Content-Type: text/event-stream") != std::string::npos);
    CHECK(events.receive_until("\n\n") == "retry: 2000\n\n");

    auto next_event = [&] {
        auto text = events.receive_until("\n\n");
        while (text.starts_with(":")) text = events.receive_until("\n\n");
        REQUIRE(text.starts_with("event: state\ndata: "));
        return nlohmann::json::parse(text.substr(19));
    };
    CHECK(next_event().at("changed").size() == 7);
    for (int i = 1; i <= 500; ++i) {
        auto view = test::sample_view();
        view.cash = Money::whole(i);
        daemon.server().publish(std::make_shared<const StatusView>(std::move(view)));
    }
    std::string cash;
    int count = 0;
    while (cash != "500") {
        const auto next = next_event().at("status").at("cash").get<std::string>();
        CHECK((cash.empty() || std::stoi(next) > std::stoi(cash)));
        cash = next;
        REQUIRE(++count <= 500);
    }
    const auto answer = request(daemon.port(), "GET", "/api/status");
    CHECK(nlohmann::json::parse(answer.body).at("cash") == "500");
}

TEST_CASE("connections and event streams are limited") {
    HttpLimits limits;
    limits.connections = 4;
    limits.event_connections = 1;
    const Daemon daemon(limits);
    RawConnection first(daemon.port());
    first.send("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(first.receive_until("\r\n\r\n").starts_with("HTTP/1.1 200"));
    RawConnection second(daemon.port());
    second.send("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(second.receive().status == 503);
    RawConnection third(daemon.port());
    third.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(third.receive().status == 200);
    RawConnection fourth(daemon.port());
    fourth.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(fourth.receive().status == 200);
    RawConnection fifth(daemon.port());
    CHECK(fifth.receive().status == 503);
    CHECK(fifth.closed_by_peer());
}

TEST_CASE("a client that says nothing, or half a request, is let go") {
    HttpLimits limits;
    limits.request_timeout = std::chrono::milliseconds(50);
    const Daemon daemon(limits);
    RawConnection silent(daemon.port());
    CHECK(silent.closed_by_peer());
    RawConnection half(daemon.port());
    half.send("GET /api/status HTTP/1.1\r\nHost: ");
    CHECK(half.closed_by_peer());
}

TEST_CASE("the server ends with clients connected, streaming and waiting for a command") {
    auto daemon = std::make_unique<Daemon>();
    RawConnection idle(daemon->port());
    RawConnection events(daemon->port());
    events.send("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK_FALSE(events.receive_until("\n\n").empty());
    RawConnection waiting(daemon->port());
    waiting.send("POST /api/kill HTTP/1.1\r\nHost: localhost\r\n" + std::string(kToken) + "\r\n");
    auto [command, reply] = daemon->next_command();
    daemon.reset();
    CHECK(idle.closed_by_peer());
    CHECK(waiting.closed_by_peer());
    reply({true, "too late"});  // reaches nobody, harms nobody
}
