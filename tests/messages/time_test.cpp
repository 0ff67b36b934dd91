#include "messages/time.hpp"

#include "messages/order.hpp"
#include "tests/catch.hpp"

using namespace tradewind;

TEST_CASE("times parse and print as RFC 3339") {
    for (const char* text : {"1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z",
                             "2021-01-01T06:00:00.000000001Z", "1969-12-31T23:59:59.999999999Z"}) {
        CHECK(format_time(*parse_time(text)) == text);
    }
    CHECK(parse_time("2024-02-05T14:30:00.5Z")->ns % kSecond == 500 * kMillisecond);
    for (const char* bad :
         {"", "2024-02-30T00:00:00Z", "2024-02-05 14:30:00Z", "2024-02-05T14:30:00",
          "2024-02-05T24:00:00Z", "2024-02-05T14:30:00.Z", "2024-02-05T14:30:00.1234567890Z",
          "2024-02-05T14:30:00+00:00", "24-02-05T14:30:00Z"}) {
        INFO(bad);
        CHECK_FALSE(parse_time(bad));
    }
}

TEST_CASE("dates know their weekday and neighbours") {
    CHECK(weekday(*parse_date("2024-02-05")) == 1);
    CHECK(format_date(*parse_date("2024-02-28") + 2) == "2024-03-01");
    CHECK(utc_date({-1}) == *parse_date("1969-12-31"));
    test::law("civil and back", [](std::uint16_t n) {
        const Date date{n};
        const auto c = civil(date);
        RC_ASSERT(date_of(c.year, c.month, c.day) == date);
        RC_ASSERT(*parse_date(format_date(date)) == date);
    });
}

TEST_CASE("order words go out and come back") {
    for (int i = 0; i < 10; ++i) {
        const auto status = static_cast<OrderStatus>(i);
        CHECK(order_status_of(to_text(status)) == status);
    }
    CHECK(to_text(OrderStatus::new_order) == "new");
    CHECK_FALSE(order_type_of("iceberg"));
}
