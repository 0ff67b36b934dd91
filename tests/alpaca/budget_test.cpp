// Addresses, the request budget and the back-off: no socket, time is given.
#include <cstdint>
#include <string>
#include <vector>

#include "broker/alpaca/alpaca_settings.hpp"
#include "broker/alpaca/backoff.hpp"
#include "broker/alpaca/rate_budget.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::broker::alpaca;
using tradewind::test::law;

TEST_CASE("addresses: plain text is for loopback, and each part is where it belongs") {
    struct Row {
        const char* text;
        const char* origin;
        const char* path;
    };
    const std::vector<Row> good = {
        {"https://paper-api.alpaca.markets", "https://paper-api.alpaca.markets", ""},
        {"https://paper-api.alpaca.markets/", "https://paper-api.alpaca.markets", ""},
        {"http://127.0.0.1:9001", "http://127.0.0.1:9001", ""},
        {"ws://localhost:80/v2/iex", "http://localhost", "/v2/iex"},
        {"wss://stream.data.alpaca.markets/v2/sip/", "https://stream.data.alpaca.markets",
         "/v2/sip"},
        {"http://[::1]:8080", "http://[::1]:8080", ""},
        {"https://host:8443/api", "https://host:8443", "/api"},
    };
    for (const auto& row : good) {
        INFO(row.text);
        const auto address = parse_address(row.text, "x");
        CHECK(address.origin() == row.origin);
        CHECK(address.path == row.path);
    }
    const std::vector<const char*> bad = {
        "http://paper-api.alpaca.markets",
        "ws://stream.data.alpaca.markets",
        "ftp://127.0.0.1",
        "paper-api.alpaca.markets",
        "https://",
        "https://host:0",
        "https://host:70000",
        "https://host:",
        "https://user@host",
        "https://host/a?b",
        "http://[::1",
        "http://127.0.0.1.example.org",
        "https://host:12x",
    };
    for (const auto* text : bad) {
        INFO(text);
        try {
            (void)parse_address(text, "broker.trading_url");
            FAIL("taken");
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::usage);
            CHECK(std::string(error.what()).find("broker.trading_url") != std::string::npos);
        }
    }
}

TEST_CASE("the request budget never lets more than its limit leave in any minute") {
    law("any mix of purposes, any times", [](const std::vector<std::uint16_t>& moves) {
        constexpr std::size_t kLimit = 24;
        RateBudget budget(kLimit);
        std::int64_t now = 0;
        std::vector<std::int64_t> left;
        for (const auto move : moves) {
            now += (move >> 2U) * 2 * kMillisecond;
            const auto purpose = static_cast<Purpose>((move & 3U) + 1);
            if (budget.wait_ns(purpose, now) == 0) {
                budget.spend(now);
                left.push_back(now);
            } else {
                // What it says is enough, where nothing else leaves meanwhile.
                auto later = budget;
                const auto then = now + budget.wait_ns(purpose, now);
                RC_ASSERT(later.wait_ns(purpose, then) == 0);
            }
        }
        for (std::size_t i = kLimit; i < left.size(); ++i) {
            RC_ASSERT(left[i] - left[i - kLimit] >= kMinute);
        }
    });
}

TEST_CASE("the request budget keeps room for the urgent") {
    RateBudget budget(80);
    const auto spend_all = [&](Purpose purpose) {
        std::size_t count = 0;
        for (; budget.wait_ns(purpose, 0) == 0; ++count) budget.spend(0);
        return count;
    };
    CHECK(spend_all(Purpose::data) == 20);
    CHECK(spend_all(Purpose::reconciliation) == 40);
    CHECK(spend_all(Purpose::entry) == 10);
    // However many entries left: a kill's cancels and the exits still do.
    CHECK(budget.wait_ns(Purpose::exit, 0) == 0);
    CHECK(spend_all(Purpose::cancel) == 10);
    CHECK(budget.wait_ns(Purpose::exit, 0) == kMinute);
    CHECK(budget.wait_ns(Purpose::exit, kMinute) == 0);
}

TEST_CASE("the broker's own count makes the budget smaller, a 429 silences it") {
    RateBudget budget(80);
    budget.learn(30, 20 * kSecond, 0);  // somebody else uses the account too
    CHECK(budget.wait_ns(Purpose::data, 0) == 20 * kSecond);
    CHECK(budget.wait_ns(Purpose::reconciliation, 0) == 0);
    CHECK(budget.wait_ns(Purpose::exit, 0) == 0);
    CHECK(budget.wait_ns(Purpose::data, 20 * kSecond) == 0);
    budget.refused(7 * kSecond, 20 * kSecond);
    CHECK(budget.wait_ns(Purpose::exit, 20 * kSecond) == 7 * kSecond);
    CHECK(budget.wait_ns(Purpose::exit, 27 * kSecond) == 0);
    budget.refused(3600 * kSecond, 27 * kSecond);  // absurd: a minute is the window
    CHECK(budget.wait_ns(Purpose::exit, 27 * kSecond) == kMinute);
}

TEST_CASE("back-off: at most six attempts in any minute, pauses grow, jitter is drawn") {
    law("any failures, successes and requests of the other side",
        [](std::uint64_t seed, const std::vector<std::uint8_t>& outcomes) {
            Backoff backoff(seed, "trade updates");
            std::int64_t now = 0;
            std::vector<std::int64_t> attempts;
            for (const auto outcome : outcomes) {
                const auto wait = backoff.wait_ns(now);
                now += wait;
                RC_ASSERT(backoff.wait_ns(now) == 0);
                backoff.attempted(now);
                attempts.push_back(now);
                if (outcome % 4 == 0) backoff.succeeded();
                backoff.failed(now, outcome % 16 == 1 ? 90 * kSecond : 0);
                if (outcome % 16 == 1) RC_ASSERT(backoff.wait_ns(now) >= 90 * kSecond);
            }
            for (std::size_t i = Backoff::kMostAttempts; i < attempts.size(); ++i) {
                RC_ASSERT(attempts[i] - attempts[i - Backoff::kMostAttempts] >= kMinute);
            }
        });
    Backoff one(1, "x");
    Backoff same(1, "x");
    Backoff other(1, "y");
    std::int64_t range = kSecond;
    bool differs = false;
    for (int i = 0; i < 9; ++i) {
        one.failed(0);
        same.failed(0);
        other.failed(0);
        CHECK(one.wait_ns(0) == same.wait_ns(0));
        differs = differs || one.wait_ns(0) != other.wait_ns(0);
        CHECK(one.wait_ns(0) >= range / 2);
        CHECK(one.wait_ns(0) <= range);
        range = std::min<std::int64_t>(range * 2, 120 * kSecond);
    }
    CHECK(differs);
    one.succeeded();
    one.failed(0);
    CHECK(one.wait_ns(0) <= kSecond);
}
