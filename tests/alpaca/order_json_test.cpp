// The broker's JSON: what is read exactly, what is tolerated, what is refused.
#include "broker/alpaca/order_json.hpp"

#include <string>
#include <vector>

#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::broker::alpaca;
using tradewind::test::law;

namespace {

const std::string kOrder =
    R"({"id":"6b0e","client_order_id":"s.AAPL.1.open",)"
    R"("created_at":"2026-10-01T14:31:05.123456789Z","updated_at":"2026-10-01T14:31:05.127Z",)"
    R"("submitted_at":"2026-10-01T10:31:05.123456789-04:00","filled_at":null,)"
    R"("expired_at":null,"canceled_at":"2026-10-01T15:00:00Z","asset_id":"b0b6",)"
    R"("symbol":"BTC/USD","asset_class":"crypto","notional":null,"qty":"3.000000001",)"
    R"("filled_qty":"0.25","filled_avg_price":"86.8781234567","order_class":"",)"
    R"("order_type":"limit","type":"limit","side":"buy","time_in_force":"gtc",)"
    R"("limit_price":210.15,"stop_price":null,"status":"partially_filled",)"
    R"("extended_hours":false,"legs":null,"hwm":null})";

std::string with(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("an order is read exactly") {
    Remarks remarks;
    const auto order = parse_order(kOrder, remarks);
    REQUIRE(order);
    CHECK(remarks.empty());
    CHECK(order->id == "6b0e");
    CHECK(order->client_order_id == "s.AAPL.1.open");
    CHECK(order->symbol == Symbol("BTCUSD"));
    CHECK(order->asset_class == AssetClass::crypto);
    CHECK(order->quantity == Quantity::of("3.000000001"));
    CHECK(order->filled_quantity == Quantity::of("0.25"));
    CHECK(order->filled_average == Price::of("86.878123457"));
    CHECK(order->limit_price == Price::of("210.15"));
    CHECK(order->stop_price.is_zero());
    CHECK(order->status == WireStatus::partially_filled);
    CHECK(order->submitted == order->created);
    CHECK(order->closed == *parse_time("2026-10-01T15:00:00Z"));
    CHECK(order->type == OrderType::limit);
    CHECK(order->side == Side::buy);
    CHECK(order->time_in_force == TimeInForce::gtc);
}

TEST_CASE("orders: what is tolerated, and what is refused") {
    Remarks remarks;
    auto order = parse_order(with(kOrder, "partially_filled", "quantum_filled"), remarks);
    REQUIRE(order);
    CHECK(order->status == WireStatus::other);
    REQUIRE(remarks.size() == 1);
    CHECK(remarks[0] == "unknown order status 'quantum_filled'");
    CHECK(parse_order(with(kOrder, R"("qty":"3.000000001")", R"("qty":null)"), remarks)->quantity ==
          std::nullopt);
    CHECK(parse_order(with(kOrder, R"("0.25")", "2.5e-1"), remarks)->filled_quantity ==
          Quantity::of("0.25"));
    const std::vector<std::string> bad = {
        "",
        "null",
        "[]",
        "<html><body>502 Bad Gateway</body></html>",
        kOrder.substr(0, kOrder.size() / 2),
        kOrder.substr(0, kOrder.size() - 1),
        with(kOrder, R"("id":"6b0e")", R"("id":null)"),
        with(kOrder, "BTC/USD", ""),
        with(kOrder, "0.25", "much"),
        with(kOrder, "0.25", "-0.25"),
        with(kOrder, "0.25", "1e60"),
        with(kOrder, "2026-10-01T15:00:00Z", "yesterday"),
    };
    for (const auto& text : bad) {
        INFO(text);
        CHECK_FALSE(parse_order(text, remarks));
    }
}

TEST_CASE("amounts whose product no account can hold mean nothing") {
    Remarks remarks;
    const auto vast = with(kOrder, R"("qty":"3.000000001")", R"("qty":"1e29")");
    CHECK_FALSE(parse_order(with(vast, "86.8781234567", "9000000000"), remarks));
    const auto filled = with(vast, R"("filled_qty":"0.25")", R"("filled_qty":"1e29")");
    CHECK_FALSE(parse_order(with(filled, "86.8781234567", "9000000000"), remarks));
}

TEST_CASE("a list with one unreadable order is no list") {
    Remarks remarks;
    CHECK(parse_orders("[]", remarks)->empty());
    CHECK(parse_orders('[' + kOrder + ',' + kOrder + ']', remarks)->size() == 2);
    CHECK_FALSE(parse_orders('[' + kOrder + ",{}]", remarks));
    CHECK_FALSE(parse_orders('[' + kOrder + ',', remarks));
    CHECK_FALSE(parse_orders("{}", remarks));
}

TEST_CASE("legs come with their parent") {
    Remarks remarks;
    const auto leg = with(kOrder, "6b0e", "leg1");
    const auto order =
        parse_order(with(kOrder, R"("legs":null)", R"("legs":[)" + leg + "]"), remarks);
    REQUIRE(order);
    REQUIRE(order->legs.size() == 1);
    CHECK(order->legs[0].id == "leg1");
}

TEST_CASE("positions, account, clock, activities, assets") {
    Remarks remarks;
    const auto positions = parse_positions(
        R"([{"symbol":"BTCUSD","qty":"0.9975","qty_available":"0.5","avg_entry_price":"60000.5",)"
        R"("side":"long","cost_basis":"59850.49875","current_price":null},)"
        R"({"symbol":"TSLA","qty":-3,"side":"short","avg_entry_price":"210"}])",
        remarks);
    REQUIRE(positions);
    CHECK((*positions)[0].quantity == Quantity::of("0.9975"));
    CHECK((*positions)[0].available == Quantity::of("0.5"));
    CHECK((*positions)[1].quantity == Quantity::of("-3"));
    CHECK_FALSE(parse_positions(R"([{"symbol":"TSLA"}])", remarks));

    const auto account = parse_account(
        R"({"id":"a","account_number":"PA1","status":"ACTIVE","cash":"100000.12","equity":1e5,)"
        R"("buying_power":"400000","trading_blocked":false,"account_blocked":true,)"
        R"("shorting_enabled":true})");
    REQUIRE(account);
    CHECK(account->cash == Money::of("100000.12"));
    CHECK(account->equity == Money::of("100000"));
    CHECK(account->trading_blocked);
    CHECK(account->shorting_enabled);
    CHECK_FALSE(parse_account(R"({"id":"a","account_number":"PA1"})"));

    const auto clock = parse_clock(
        R"({"timestamp":"2026-10-01T10:31:05.5-04:00","is_open":true,)"
        R"("next_open":"2026-10-02T09:30:00-04:00","next_close":"2026-10-01T16:00:00-04:00"})");
    REQUIRE(clock);
    CHECK(clock->time == *parse_time("2026-10-01T14:31:05.5Z"));
    CHECK(clock->is_open);
    CHECK_FALSE(parse_clock(R"({"is_open":true})"));

    const auto page = parse_executions(
        R"([{"activity_type":"FILL","id":"20261001093012345::ex1","order_id":"6b0e","side":"buy",)"
        R"("symbol":"AAPL","price":"210.15","qty":"3","cum_qty":"5","leaves_qty":"0",)"
        R"("transaction_time":"2026-10-01T13:30:12.345678Z"},)"
        R"({"activity_type":"DIV","id":"d1","net_amount":"1.02","symbol":"T"}])",
        remarks);
    REQUIRE(page);
    CHECK(page->activities == 2);
    CHECK(page->last_id == "d1");
    REQUIRE(page->executions.size() == 1);
    CHECK(page->executions[0].execution_id() == "ex1");
    CHECK(page->executions[0].cumulative == Quantity::of("5"));

    const auto asset = parse_asset(
        R"({"id":"x","class":"crypto","exchange":"CRYPTO","symbol":"ETH/USD","status":"active",)"
        R"("tradable":true,"shortable":false,"fractionable":true,"min_order_size":"0.001",)"
        R"("min_trade_increment":"0.000000001","price_increment":"0.01"})",
        remarks);
    REQUIRE(asset);
    CHECK(asset->symbol == Symbol("ETHUSD"));
    CHECK(asset->size_step == Quantity::of("0.000000001"));
    CHECK(asset->active);
}

TEST_CASE("errors are read from anything") {
    CHECK(parse_error(R"({"code":40310000,"message":"insufficient buying power"})").code ==
          40310000);
    CHECK(parse_error(R"({"message":"unauthorized."})").message == "unauthorized.");
    CHECK(parse_error(R"({"code":"42210000","message":"m"})").code == 42210000);
    for (const char* text : {"", "<html>", "[1]", "{", R"({"code":"x"})", "\xff\xfe"}) {
        CHECK(parse_error(text).code == 0);
    }
}

TEST_CASE("frames of the order stream") {
    Remarks remarks;
    using Kind = StreamFrame::Kind;
    auto frame = parse_stream_frame(
        R"({"stream":"authorization","data":{"status":"authorized","action":"authenticate"}})",
        remarks);
    REQUIRE(frame);
    CHECK(frame->kind == Kind::authorization);
    CHECK(frame->authorized);
    frame = parse_stream_frame(R"({"data":{"streams":["trade_updates"]},"stream":"listening"})",
                               remarks);
    REQUIRE(frame);
    CHECK(frame->kind == Kind::listening);
    CHECK(frame->listens);
    const std::string update =
        R"({"stream":"trade_updates","data":{"event":"partial_fill","execution_id":"7a1c",)"
        R"("timestamp":"2026-10-01T14:31:05.2201Z","price":"210.14","qty":"1",)"
        R"("position_qty":"-1","order":)" +
        kOrder + "}}";
    frame = parse_stream_frame(update, remarks);
    REQUIRE(frame);
    REQUIRE(frame->update);
    CHECK(frame->update->is_execution());
    CHECK(frame->update->price == Price::of("210.14"));
    CHECK(frame->update->position == Quantity::of("-1"));
    CHECK(frame->update->order.client_order_id == "s.AAPL.1.open");
    frame = parse_stream_frame(R"({"stream":"trade_updates","data":null})", remarks);
    REQUIRE(frame);
    CHECK(frame->kind == Kind::update);
    CHECK_FALSE(frame->update);
    frame = parse_stream_frame(with(update, R"("qty":"3.000000001")", R"("qty":"x")"), remarks);
    REQUIRE(frame);
    CHECK_FALSE(frame->update);
    frame = parse_stream_frame(R"({"action":"error","data":{"error_message":"no"}})", remarks);
    REQUIRE(frame);
    CHECK(frame->kind == Kind::error);
    CHECK(frame->message == "no");
    CHECK_FALSE(parse_stream_frame("\x01", remarks));
    CHECK_FALSE(parse_stream_frame(update.substr(0, 100), remarks));
}

TEST_CASE("decimals of any JSON form") {
    struct Row {
        const char* text;
        const char* value;  // null: refused
    };
    const std::vector<Row> rows = {
        {"1", "1"},
        {"-0.00005", "-0.00005"},
        {"1e-9", "0.000000001"},
        {"1E+3", "1000"},
        {"+2.50", "2.5"},
        {"0.0000000015", "0.000000002"},
        {"0.0000000025", "0.000000002"},
        {"123456789012345678901234567890e-15", "123456789012345.678901235"},
        {".5", "0.5"},
        {"1e-50", "0"},
        {"0.333333333333333333333333333333333333333333", "0.333333333"},
        {"", nullptr},
        {"-", nullptr},
        {"1e", nullptr},
        {"1e999", nullptr},
        {"1.2.3", nullptr},
        {"nan", nullptr},
        {"0x1", nullptr},
        {"1 ", nullptr},
        {"9e40", nullptr},
    };
    for (const auto& row : rows) {
        INFO(row.text);
        const auto units = parse_wire_decimal(row.text, 9);
        CHECK(units.has_value() == (row.value != nullptr));
        if (units && row.value) CHECK(Quantity::from_units(*units).to_string() == row.value);
    }
    law("what a decimal writes is read back", [](std::int64_t units) {
        const auto value = Quantity::from_units(units);
        RC_ASSERT(parse_wire_decimal(value.to_string(), 9) == std::optional<int128>(units));
    });
}

TEST_CASE("the body of an order holds what its type needs and no more") {
    Order order;
    order.order_id = "s.AAPL.20261001T143105Z.open";
    order.symbol = Symbol("BTCUSD");
    order.side = Side::sell;
    order.type = OrderType::stop_limit;
    order.time_in_force = TimeInForce::gtc;
    order.quantity = Quantity::of("0.000000001");
    order.limit_price = Price::of("50000.10");
    order.stop_price = Price::of("50001");
    CHECK(order_body(order, AssetClass::crypto) ==
          R"({"symbol":"BTC/USD","qty":"0.000000001","side":"sell","type":"stop_limit",)"
          R"("time_in_force":"gtc","limit_price":"50000.1","stop_price":"50001",)"
          R"("client_order_id":"s.AAPL.20261001T143105Z.open"})");
    order.type = OrderType::market;
    CHECK(order_body(order, AssetClass::us_equity).find("price") == std::string::npos);
    CHECK(wire_symbol(Symbol("BTCUSDT"), AssetClass::crypto) == "BTC/USDT");
    CHECK(wire_symbol(Symbol("AAPL"), AssetClass::us_equity) == "AAPL");
}

TEST_CASE("no bytes bring the parsers down") {
    law("bytes, and good texts with bytes changed",
        [](std::vector<std::uint8_t> bytes, std::size_t at) {
            std::string text(bytes.begin(), bytes.end());
            std::string changed = kOrder;
            for (std::size_t i = 0; i < bytes.size(); ++i) {
                changed[(at + i * 37) % changed.size()] = static_cast<char>(bytes[i]);
            }
            Remarks remarks;
            for (const auto& input : {text, changed, '[' + changed + ']'}) {
                (void)parse_order(input, remarks);
                (void)parse_orders(input, remarks);
                (void)parse_positions(input, remarks);
                (void)parse_account(input);
                (void)parse_clock(input);
                (void)parse_executions(input, remarks);
                (void)parse_assets(input, remarks);
                (void)parse_error(input);
                (void)parse_stream_frame(input, remarks);
            }
            RC_SUCCEED("nothing thrown");
        });
}
