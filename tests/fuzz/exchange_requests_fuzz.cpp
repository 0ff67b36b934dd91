// libFuzzer entry of what reaches the simulated exchange from outside: the first byte says whether
// the rest is the body of an order, of a replacement, of another route, or a script of faults. Any
// bytes give a value or the error of their kind; what a value says of itself holds. Build with
// clang++ -fsanitize=fuzzer,address; the test suite runs the same entry over good texts and
// mutations of them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "broker/exchange/server/fault_script.hpp"
#include "broker/exchange/server/http_message.hpp"
#include "broker/exchange/server/json_body.hpp"
#include "broker/exchange/server/order_request.hpp"
#include "messages/error.hpp"

namespace {

using namespace tradewind;
using namespace tradewind::broker;

void demand(bool holds) {
    if (!holds) std::abort();
}

// An error of the caller's, in the form that leaves: JSON with a message, and a status of 4xx.
void check_error(const ApiError& error) {
    demand(error.status() >= 400 && error.status() < 500);
    const auto body = nlohmann::json::parse(error.body(), nullptr, false);
    demand(body.is_object() && body.contains("message"));
}

template <class Parse>
void check_body(Parse parse) {
    try {
        parse();
    } catch (const ApiError& error) {
        check_error(error);
    } catch (const DecimalOverflow&) {
        // The server answers 422.
    }
}

void check_script(const std::string& text) {
    try {
        for (const auto& fault : FaultScript::parse(text, "script")) {
            const auto kinds = fault_kinds();
            demand(std::any_of(kinds.begin(), kinds.end(),
                               [&](const FaultKind& kind) { return kind.name == fault.kind; }));
            demand(fault.skip >= 0 && fault.count >= 0 && fault.delay_ms >= 0 && fault.size >= 0);
            demand(fault.status == 0 || (fault.status >= 200 && fault.status <= 599));
            demand(fault.fraction > 0 && fault.fraction < 1);
        }
    } catch (const Error& error) {
        demand(error.kind() == ErrorKind::usage);
        demand(std::string(error.what()).find("script") != std::string::npos);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 4) {
        case 0:
            check_body([&] { (void)parse_order_request(rest); });
            break;
        case 1:
            check_body([&] { (void)parse_replace_request(rest); });
            break;
        case 2:
            check_body([&] { (void)parse_json_body(rest); });
            break;
        default:
            check_script(rest);
    }
    return 0;
}
