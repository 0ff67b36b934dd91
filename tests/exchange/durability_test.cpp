// The exchange is dropped without a word, at every step and at every byte of its journal: what was
// acknowledged is there again, nothing twice, and it goes on as if it had never stopped.
#include <fstream>
#include <iterator>

#include "broker/exchange/exchange_json.hpp"
#include "broker/exchange/exchange_store.hpp"
#include "market/calendar.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/exchange/wave_market.hpp"

using namespace tradewind;
using namespace tradewind::broker;
using test::Folder;
using test::kAccount;
using test::make_order;
using test::open_waves;

namespace {

namespace fs = std::filesystem;

ExchangeSettings settings_with_partial_fills() {
    auto settings = test::wave_settings();
    settings.partial_fill_probability = 0.4;
    return settings;
}

// One thing a client does, with its time after the start.
struct Action {
    std::int64_t delay_ns = 0;
    std::optional<Order> order;
    std::string cancel;
    bool compact = false;
};

Action random_action(int index) {
    Action action;
    action.delay_ns =
        *rc::gen::inRange<std::int64_t>(0, 40 * kMinute / kMillisecond) * kMillisecond;
    const int kind = *rc::gen::inRange(0, 12);
    if (kind == 0) {
        action.compact = true;
    } else if (kind < 3 && index > 0) {
        action.cancel = "o" + std::to_string(*rc::gen::inRange(0, index));
    } else if (kind < 10) {
        const auto side = *rc::gen::element(Side::buy, Side::sell);
        auto order = make_order("o" + std::to_string(index), *rc::gen::element("AAPL", "TSLA"),
                                side, std::to_string(*rc::gen::inRange(1, 60)));
        const bool apple = order.symbol == Symbol("AAPL");
        const int base = apple ? 200 : 300;
        switch (*rc::gen::inRange(0, 5)) {
            case 0:
                break;
            case 1:
                order.type = OrderType::trailing_stop;
                order.stop_price = Price::of("0.8");
                order.time_in_force = TimeInForce::gtc;
                break;
            case 2:
                order.time_in_force = TimeInForce::cls;
                break;
            default:
                order.type = OrderType::limit;
                order.limit_price = Price::whole(base + *rc::gen::inRange(-3, 4));
                order.time_in_force = *rc::gen::element(TimeInForce::day, TimeInForce::gtc);
                if (*rc::gen::arbitrary<bool>()) {
                    const int away = side == Side::buy ? 4 : -4;
                    order.exit_plan.target = order.limit_price + Price::whole(away);
                    order.exit_plan.stop = order.limit_price - Price::whole(2 * away);
                }
                break;
        }
        action.order = order;
    }
    return action;
}

std::vector<std::string> perform(EmbeddedExchange& exchange, const Action& action) {
    const auto now = exchange.time() + action.delay_ns;
    std::vector<ExchangeEvent> events;
    if (action.order) {
        (void)exchange.submit(kAccount, *action.order, now);
    } else if (!action.cancel.empty()) {
        (void)exchange.cancel(kAccount, action.cancel, now);
    } else if (action.compact) {
        exchange.compact();
    }
    exchange.advance_to(now, events);
    std::vector<std::string> lines;
    for (const auto& event : events) lines.push_back(to_text(event));
    return lines;
}

std::string read_file(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

fs::path journal_of(const fs::path& folder) {
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().filename().string().starts_with("journal.")) return entry.path();
    }
    return {};
}

}  // namespace

TEST_CASE("killed after every step, it resumes and gives the same events as one never killed") {
    test::law("a random session, killed at every step", [] {
        const Folder steady_folder;
        const Folder killed_folder;
        const auto steady = open_waves(steady_folder.path, settings_with_partial_fills());
        const int steps = *rc::gen::inRange(1, 16);
        for (int i = 0; i < steps; ++i) {
            const auto action = random_action(i);
            const auto expected = perform(*steady, action);
            auto killed = open_waves(killed_folder.path, settings_with_partial_fills());
            RC_ASSERT(perform(*killed, action) == expected);
            const auto state = killed->state();
            RC_ASSERT(state == steady->state());
            killed.reset();
            RC_ASSERT(open_waves(killed_folder.path, settings_with_partial_fills())->state() ==
                      state);
        }
    });
}

TEST_CASE(
    "killed between an acknowledged order and the next reading of events, the order is there") {
    const Folder folder;
    auto exchange = open_waves(folder.path);
    std::vector<ExchangeEvent> events;
    exchange->advance_to(test::wave_start() + 6 * kMinute, events);
    REQUIRE_FALSE(exchange->submit(kAccount, make_order("a", "AAPL", Side::buy, "7"),
                                   exchange->time() + 5 * kSecond));
    const auto state = exchange->state();
    exchange.reset();
    exchange = open_waves(folder.path);
    CHECK(exchange->state() == state);
    CHECK(exchange->find(kAccount, "a")->status == OrderStatus::filled);
    const auto again =
        exchange->submit(kAccount, make_order("a", "AAPL", Side::buy, "7"), exchange->time());
    REQUIRE(again);
    CHECK(again->message == "client_order_id must be unique");
    CHECK(exchange->positions(kAccount).at(0).quantity == Quantity::whole(7));
}

TEST_CASE("a journal torn at any byte resumes at the last whole record") {
    const Folder folder;
    std::vector<std::string> states;
    std::vector<std::size_t> sizes;
    {
        const auto exchange = open_waves(folder.path, settings_with_partial_fills());
        const auto note = [&] {
            states.push_back(exchange->state());
            sizes.push_back(read_file(journal_of(folder.path)).size());
        };
        note();
        std::vector<ExchangeEvent> events;
        auto now = test::wave_start() + 6 * kMinute;
        for (int i = 0; i < 6; ++i) {
            exchange->advance_to(now, events);
            note();
            const auto id = "o" + std::to_string(i);
            auto order =
                make_order(id, "AAPL", i % 2 == 0 ? Side::buy : Side::sell, "25",
                           i == 4 ? OrderType::limit : OrderType::market, i == 4 ? "190" : "0");
            REQUIRE_FALSE(exchange->submit(kAccount, order, now));
            note();
            now = now + 7 * kMinute;
        }
        REQUIRE_FALSE(exchange->cancel(kAccount, "o4", now));
        note();
    }
    const auto journal = journal_of(folder.path);
    const auto whole = read_file(journal);
    std::size_t index = 0;
    // Every byte of the last records; of the others the ends and their neighbours.
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        const bool near_an_end = std::any_of(sizes.begin(), sizes.end(), [&](std::size_t end) {
            return size + 1 >= end && size <= end + 1;
        });
        if (!near_an_end && size + 200 < whole.size()) continue;
        while (index + 1 < sizes.size() && sizes[index + 1] <= size) ++index;
        std::ofstream(journal, std::ios::binary) << whole.substr(0, size);
        const auto exchange = open_waves(folder.path, settings_with_partial_fills());
        INFO(size);
        CHECK(exchange->state() == states[index]);
    }
}

TEST_CASE("equal seeds and orders give equal bytes, another seed draws other partial fills") {
    const auto run = [](std::uint64_t seed) {
        const Folder folder;
        auto settings = settings_with_partial_fills();
        settings.seed = seed;
        const auto exchange = open_waves(folder.path, settings);
        std::string text;
        std::vector<ExchangeEvent> events;
        for (int i = 0; i < 30; ++i) {
            const auto now = test::wave_start() + (6 + 3 * i) * kMinute;
            exchange->advance_to(now, events);
            (void)exchange->submit(kAccount,
                                   make_order("o" + std::to_string(i), "TSLA",
                                              i % 3 == 0 ? Side::sell : Side::buy, "20"),
                                   now);
        }
        exchange->advance_to(test::wave_start() + 3 * kHour, events);
        for (const auto& event : events) text += to_text(event) + "\n";
        return text;
    };
    const auto first = run(1);
    CHECK(first.size() > 10'000);
    CHECK(run(1) == first);
    CHECK(run(2) != first);
}

TEST_CASE("stored settings stay, changeable ones are taken over from here on") {
    const Folder folder;
    auto settings = test::wave_settings();
    std::vector<ExchangeEvent> events;
    {
        const auto exchange = open_waves(folder.path, settings);
        exchange->advance_to(test::wave_start() + 10 * kMinute, events);
        exchange->open_account("SECOND", Money::whole(500));
    }
    settings.seed = 99;
    settings.cash = Money::whole(1);
    settings.start = test::wave_start() + kDay;
    settings.quote_interval_ns = kMinute;
    {
        const auto exchange = open_waves(folder.path, settings);
        CHECK(exchange->time() == test::wave_start() + 10 * kMinute);
        CHECK(exchange->settings().seed == 7);
        CHECK(exchange->settings().quote_interval_ns == kMinute);
        CHECK(exchange->account(kAccount).cash == Money::whole(100'000));
        CHECK(exchange->account("SECOND").cash == Money::whole(500));
        CHECK_THROWS_AS(exchange->account("THIRD"), Error);
        events.clear();
        exchange->advance_to(test::wave_start() + 12 * kMinute, events);
        CHECK(std::count_if(events.begin(), events.end(), [](const ExchangeEvent& event) {
                  return std::holds_alternative<Quote>(event.payload);
              }) == 2 * 3);
    }
    CHECK(EmbeddedExchange::stored_market_terms(folder.path) == "waves");
    CHECK_FALSE(EmbeddedExchange::stored_market_terms(folder.path / "absent"));
}

TEST_CASE("a journal that does not lead to what it recorded is corrupt") {
    const Folder folder;
    {
        const auto exchange = open_waves(folder.path);
        std::vector<ExchangeEvent> events;
        exchange->advance_to(test::wave_start() + 6 * kMinute, events);
        REQUIRE_FALSE(
            exchange->submit(kAccount, make_order("a", "AAPL", Side::buy, "7"), exchange->time()));
        exchange->advance_to(test::wave_start() + 7 * kMinute, events);
    }
    const auto journal = journal_of(folder.path);
    std::ifstream in(journal);
    std::string rewritten;
    for (std::string line; std::getline(in, line);) {
        auto text = line.substr(9);
        const auto at = text.find("\"n\":2");
        if (at != std::string::npos) text.replace(at, 5, "\"n\":3");
        rewritten += journal_line(text);
    }
    in.close();
    REQUIRE(rewritten.find("\"n\":3") != std::string::npos);
    std::ofstream(journal, std::ios::binary) << rewritten;
    try {
        (void)open_waves(folder.path);
        FAIL("a journal that contradicts itself was accepted");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::corrupt);
    }
}
