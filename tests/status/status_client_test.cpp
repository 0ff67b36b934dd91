// The commands' client against a server in the same process.
#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "actors/status/http_client.hpp"
#include "actors/status/http_server.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/status/sample_view.hpp"

using namespace tradewind;
using namespace tradewind::status;

namespace {

std::unique_ptr<HttpServer> serve(CommandHandler handler) {
    HttpOptions options;
    options.listen = "127.0.0.1:0";
    options.token = "secret";
    auto server = std::make_unique<HttpServer>(options, std::make_shared<Metrics>(), handler);
    server->publish(std::make_shared<const StatusView>(test::sample_view()));
    return server;
}

Endpoint endpoint_of(const HttpServer& server, const std::string& token = "secret") {
    return {server.address(), server.port(), token};
}

void check_unavailable(const Endpoint& endpoint) {
    try {
        (void)http_get(endpoint, "/api/status", std::chrono::milliseconds{2'000});
        FAIL("somebody answered");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::unavailable);
        CHECK(std::string(error.what()).find(endpoint.address) != std::string::npos);
    }
}

}  // namespace

TEST_CASE("the client reads the state and sends commands with the token") {
    std::optional<Command> seen;
    const auto server = serve([&](const Command& command, const Reply& reply) {
        seen = command;
        reply({true, "halted"});
    });
    const auto state = http_get(endpoint_of(*server), "/api/status");
    CHECK(state.status == 200);
    CHECK(nlohmann::json::parse(state.body).at("mode") == "paper");

    const auto refused = http_post(endpoint_of(*server, "guess"), "/api/kill", "{}");
    CHECK(refused.status == 401);
    CHECK_FALSE(seen);

    const auto done =
        http_post(endpoint_of(*server), "/api/kill", R"({"flatten": true, "reason": "test"})");
    CHECK(done.status == 200);
    REQUIRE(seen);
    CHECK(seen->kind == Command::Kind::kill);
    CHECK(seen->flatten);
    CHECK(seen->reason == "test");
}

TEST_CASE("nobody there, another host and silence are all unavailable") {
    Endpoint endpoint;
    {
        const auto server = serve([](const Command&, const Reply&) {});
        endpoint = endpoint_of(*server);
    }
    check_unavailable(endpoint);
    check_unavailable({"http://192.0.2.1:80", 80, "secret"});
    check_unavailable({"nonsense", 1, "secret"});

    // A command that is never answered ends with the client's time.
    std::optional<Reply> kept;
    const auto server = serve([&](const Command&, const Reply& reply) { kept = reply; });
    CHECK_THROWS_AS(http_post(endpoint_of(*server), "/api/stop", "", std::chrono::milliseconds{50}),
                    Error);
    kept.reset();
}

TEST_CASE("the end of a daemon is seen") {
    const auto file = std::filesystem::temp_directory_path() / "tradewind-no-such-endpoint.json";
    auto server = serve([](const Command&, const Reply&) {});
    const auto endpoint = endpoint_of(*server);
    CHECK_FALSE(wait_until_ended(file, endpoint, std::chrono::milliseconds{60}));
    server.reset();
    CHECK(wait_until_ended(file, endpoint, std::chrono::milliseconds{10'000}));
}
