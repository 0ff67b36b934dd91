// Runs the scripts of matching.txt: each action and the events it must bring, word for word.
#include <fstream>
#include <map>
#include <sstream>

#include "broker/matching_engine.hpp"
#include "tests/catch.hpp"
#include "tests/test_data.hpp"

using namespace tradewind;
using namespace tradewind::broker;

namespace {

const Symbol kSymbol("AAA");

std::string text_of(const OrderEvent& event) {
    std::string text = event.order_id + " " + std::string(to_text(event.kind));
    if (event.fill) {
        text += " " + event.fill->quantity.to_string() + "@" + event.fill->price.to_string();
        if (!event.fill->fee.is_zero()) text += " fee " + event.fill->fee.to_string();
    }
    text += " t" + std::to_string(event.time.ns);
    if (!event.reason.empty()) text += " (" + event.reason + ")";
    return text;
}

AssetClass class_of(const std::string& word) {
    if (word == "equity") return AssetClass::us_equity;
    return word == "crypto" ? AssetClass::crypto : AssetClass::generic;
}

struct Stage {
    std::optional<MatchingEngine> engine;
    SlotId slot = 0;
    bool crypto = false;
    std::vector<OrderEvent> out;

    // with MODEL CLASS [fee=MAKER/TAKER] [buffer=F] [partial=P] [quotes]
    void set_up(std::istringstream& words) {
        std::string model;
        std::string asset_class;
        words >> model >> asset_class;
        MatchingSettings settings;
        settings.fill_model = market::fill_model_named(model).value();
        Instrument instrument;
        instrument.symbol = kSymbol;
        instrument.asset_class = class_of(asset_class);
        instrument.lot = Quantity::of("1");
        crypto = instrument.asset_class == AssetClass::crypto;
        for (std::string word; words >> word;) {
            const std::string value = word.substr(word.find('=') + 1);
            for (auto& costs : settings.costs.by_class) {
                if (word.starts_with("fee=")) {
                    const std::size_t slash = value.find('/');
                    costs.maker_fee = Fraction::of(value.substr(0, slash));
                    costs.taker_fee = Fraction::of(value.substr(slash + 1));
                }
                if (word.starts_with("buffer=")) costs.fill_buffer = Fraction::of(value);
            }
            if (word.starts_with("partial=")) {
                settings.partial_fill_probability = std::stod(value);
            }
            if (word == "quotes") settings.quotes = true;
        }
        engine.emplace(settings);
        slot = engine->add(instrument);
    }

    // submit T ID SIDE TYPE TIF QUANTITY [limit=] [stop=] [target=] [target_tif=] [protect=]
    // [close]
    void submit(std::istringstream& words) {
        std::int64_t time = 0;
        std::string id;
        std::string side;
        std::string type;
        std::string tif;
        std::string quantity;
        words >> time >> id >> side >> type >> tif >> quantity;
        Order order;
        order.order_id = id;
        order.symbol = kSymbol;
        order.side = side_of(side).value();
        order.type = order_type_of(type).value();
        order.time_in_force = time_in_force_of(tif).value();
        order.quantity = Quantity::of(quantity);
        for (std::string word; words >> word;) {
            const std::string value = word.substr(word.find('=') + 1);
            if (word.starts_with("limit=")) order.limit_price = Price::of(value);
            if (word.starts_with("stop=")) order.stop_price = Price::of(value);
            if (word.starts_with("target=")) order.exit_plan.target = Price::of(value);
            if (word.starts_with("target_tif=")) {
                order.exit_plan.target_time_in_force = time_in_force_of(value).value();
            }
            if (word.starts_with("protect=")) order.exit_plan.stop = Price::of(value);
            if (word == "close") order.exit_plan.leave_at_close = true;
            if (word == "exit") order.role = Role::exit;
        }
        engine->submit(order, {time}, out);
    }

    void act(const std::string& action) {
        std::istringstream words(action);
        std::string verb;
        words >> verb;
        std::int64_t time = 0;
        std::string a;
        std::string b;
        if (verb == "with") return set_up(words);
        if (verb == "submit") return submit(words);
        if (verb == "bar" || verb == "closed") {
            Bar bar;
            std::string prices[4];
            words >> bar.start.ns >> bar.end.ns >> prices[0] >> prices[1] >> prices[2] >> prices[3];
            bar.open = Price::of(prices[0]);
            bar.high = Price::of(prices[1]);
            bar.low = Price::of(prices[2]);
            bar.close = Price::of(prices[3]);
            if (verb == "bar") engine->on_bar_opened(slot, bar.start, bar.open, out);
            engine->on_bar_closed(slot, bar, out);
        } else if (verb == "open") {
            words >> time >> a;
            engine->on_bar_opened(slot, {time}, Price::of(a), out);
        } else if (verb == "quote") {
            words >> time >> a >> b;
            Quote quote;
            quote.symbol = kSymbol;
            quote.time = {time};
            quote.bid = Price::of(a);
            quote.ask = Price::of(b);
            engine->on_quote(slot, quote, out);
        } else if (verb == "session") {
            words >> a >> time;
            SessionEvent event;
            event.phase = a == "opened" ? SessionPhase::opened : SessionPhase::closed;
            event.crypto = crypto;
            engine->on_session(event, {time}, out);
        } else if (verb == "cancel") {
            words >> time >> a;
            if (!engine->cancel(a, {time}, out)) out.push_back({{}, "not working", {}, {}, {}, {}});
        } else if (verb == "end") {
            words >> time;
            engine->end_of_data({time}, out);
        } else {
            FAIL("unknown action " << verb);
        }
    }
};

}  // namespace

TEST_CASE("the matching engine follows its scripts") {
    std::ifstream script(tradewind::test::test_data("broker/matching.txt"));
    REQUIRE(script.good());
    Stage stage;
    std::string name;
    int checks = 0;
    for (std::string line; std::getline(script, line);) {
        if (line.empty() || line[0] == '#') continue;
        if (line.starts_with("case ")) {
            name = line.substr(5);
            continue;
        }
        const std::size_t arrow = line.find(" ->");
        INFO("case " << name << ": " << line);
        stage.out.clear();
        stage.act(line.substr(0, arrow));
        std::string seen;
        for (const OrderEvent& event : stage.out) {
            if (!seen.empty()) seen += "; ";
            seen += event.order_id == "not working" ? event.order_id : text_of(event);
        }
        std::string expected = arrow == std::string::npos ? "" : line.substr(arrow + 3);
        if (!expected.empty()) expected.erase(0, 1);
        CHECK(seen == expected);
        ++checks;
    }
    CHECK(checks > 100);
}
