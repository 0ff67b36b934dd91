// libFuzzer entry of the Alpaca client's parsers: REST bodies and frames of both streams. Any bytes
// give a value or nothing; what a value says of itself holds. Build with
// clang++ -fsanitize=fuzzer,address; the test suite runs the same entry over good texts and
// mutations of them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "broker/alpaca/market_json.hpp"
#include "broker/alpaca/order_json.hpp"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tradewind::broker::alpaca;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    Remarks remarks;
    if (const auto order = parse_order(text, remarks)) {
        require(!order->id.empty() && !order->symbol.empty());
        require(order->filled_quantity.sign() >= 0);
    }
    if (const auto orders = parse_orders(text, remarks)) {
        for (const auto& order : *orders) require(!order.id.empty());
    }
    if (const auto positions = parse_positions(text, remarks)) {
        for (const auto& position : *positions) require(!position.symbol.empty());
    }
    if (const auto account = parse_account(text)) require(!account->account_number.empty());
    if (const auto clock = parse_clock(text)) require(clock->time.ns != 0);
    if (const auto page = parse_executions(text, remarks)) {
        require(page->executions.size() <= page->activities);
    }
    (void)parse_asset(text, remarks);
    (void)parse_assets(text, remarks);
    require(parse_error(text).code >= 0);
    if (const auto frame = parse_stream_frame(text, remarks)) {
        require(!frame->update || frame->kind == StreamFrame::Kind::update);
        require(!frame->update || !frame->update->order.id.empty());
    }
    if (const auto frame = parse_data_frame(text)) {
        for (const auto& message : frame->messages) {
            const bool bar = message.kind == DataMessage::Kind::minute_bar;
            require(!bar || (message.bar.low <= message.bar.high && message.bar.open.sign() > 0));
        }
    }
    if (const auto page = parse_bar_page(text)) {
        for (const auto& [symbol, bars] : page->bars) {
            for (const auto& bar : bars) require(bar.start.ns != 0 && bar.low <= bar.high);
        }
    }
    (void)parse_latest_quotes(text);
    return 0;
}
