#include "broker/exchange/data/stream_codec.hpp"

#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::broker;
using nlohmann::json;

namespace {

std::int64_t nanoseconds_of(const std::vector<std::uint8_t>& bytes) {
    const auto read = [&](std::size_t from, std::size_t count) {
        std::uint64_t value = 0;
        for (std::size_t i = from; i < from + count; ++i) value = value << 8 | bytes[i];
        return value;
    };
    if (bytes.size() == 4) return static_cast<std::int64_t>(read(0, 4)) * kSecond;
    if (bytes.size() == 8) {
        const auto both = read(0, 8);
        return static_cast<std::int64_t>(both & ((1ULL << 34) - 1)) * kSecond +
               static_cast<std::int64_t>(both >> 34);
    }
    REQUIRE(bytes.size() == 12);
    return static_cast<std::int64_t>(read(4, 8)) * kSecond + static_cast<std::int64_t>(read(0, 4));
}

}  // namespace

TEST_CASE("times become the extension type -1 in its three lengths") {
    struct Row {
        const char* time;
        std::string head;
        std::size_t size;
    };
    const Row rows[] = {{"2026-03-30T15:00:00Z", "\xD6\xFF", 4},
                        {"2026-03-30T15:00:00.000000001Z", "\xD7\xFF", 8},
                        {"2200-03-30T15:00:00Z", "\xD7\xFF", 8},
                        {"1969-12-31T23:59:59.5Z", "\xC7\x0C\xFF", 12}};
    for (const auto& row : rows) {
        INFO(row.time);
        const auto time = *parse_time(row.time);
        const auto value = time_json(time, TimeForm::extension);
        const auto bytes = encoded(value, StreamCodec::msgpack);
        CHECK(bytes.substr(0, row.head.size()) == row.head);
        CHECK(bytes.size() == row.head.size() + row.size);
        CHECK(nanoseconds_of(value.get_binary()) == time.ns);
    }
    test::law("every time survives", [](std::int64_t ns) {
        const auto value = time_json(Timestamp{ns}, TimeForm::extension);
        RC_ASSERT(nanoseconds_of(value.get_binary()) == ns);
    });
}

TEST_CASE("frames join messages of both codecs, at every length of an array's head") {
    for (const auto codec : {StreamCodec::json, StreamCodec::msgpack}) {
        FrameJoiner joiner(codec);
        CHECK(decoded(joiner.take(), codec) == json::array());
        for (const int count : {1, 15, 16, 300, 65'535, 65'536}) {
            for (int i = 0; i < count; ++i) {
                joiner.add(encoded({{"T", "q"}, {"i", i}}, codec));
            }
            const auto frame = joiner.take();
            CHECK(joiner.empty());
            const auto read = decoded(frame, codec);
            REQUIRE(read);
            REQUIRE(read->size() == static_cast<std::size_t>(count));
            CHECK(read->back().at("i") == count - 1);
        }
    }
    // The type comes first: clients dispatch on it.
    CHECK(encoded({{"T", "q"}, {"S", "A"}}, StreamCodec::msgpack) ==
          "\x82\xA1T\xA1q\xA1S\xA1"
          "A");
}

TEST_CASE("what clients send is read or refused, whatever it is") {
    CHECK(codec_of("application/msgpack; charset=x") == StreamCodec::msgpack);
    CHECK(codec_of("Application/MsgPack") == StreamCodec::msgpack);
    CHECK(codec_of("") == StreamCodec::json);
    CHECK(codec_of("application/json") == StreamCodec::json);
    CHECK_FALSE(decoded(std::string(200'000, '['), StreamCodec::json));
    CHECK_FALSE(decoded(std::string(200'000, '\x91'), StreamCodec::msgpack));
    CHECK_FALSE(decoded(R"({"a":[[[[[1]]]]]})", StreamCodec::json));
    CHECK_FALSE(decoded("{} {}", StreamCodec::json));
    CHECK_FALSE(decoded("\xDF\xFF\xFF\xFF\xFF", StreamCodec::msgpack));
    CHECK(decoded(R"({"action":"subscribe","bars":["*"]})", StreamCodec::json));
    test::law("any bytes", [](const std::string& bytes) {
        (void)decoded(bytes, StreamCodec::json);
        (void)decoded(bytes, StreamCodec::msgpack);
    });
}
