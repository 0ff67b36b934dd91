#include "model/safetensors.hpp"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/model/fixture.hpp"
#include "tests/model/scratch_folder.hpp"

namespace tradewind::model::test {

namespace {

std::string file_of(const std::string& header, std::size_t data_bytes) {
    std::string bytes(8, '\0');
    const std::uint64_t length = header.size();
    std::memcpy(bytes.data(), &length, 8);
    return bytes + header + std::string(data_bytes, '\0');
}

SafeTensors parse(const std::string& bytes) {
    return SafeTensors::parse(std::as_bytes(std::span(bytes.data(), bytes.size())), "test.bin");
}

std::string refusal(const std::string& bytes) {
    try {
        (void)parse(bytes);
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::data);
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("malformed safetensors are refused with the reason") {
    struct Row {
        const char* header;
        std::size_t data_bytes;
        const char* reason;
    };
    const Row rows[] = {
        {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8, "accepted"},
        {R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})", 4, "accepted"},
        {R"({"a":{"dtype":"F32","shape":[0,5],"data_offsets":[0,0]}})", 0, "accepted"},
        {R"({})", 0, "accepted"},
        {R"({"__metadata__":{"k":"v"}})", 0, "accepted"},
        {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4, "outside the file"},
        {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 9, "belong to no tensor"},
        {R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8, "does not fit"},
        {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8, "outside the file"},
        {R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8, "whole number"},
        {R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", 8, "whole number"},
        {R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0,
         "overflows"},
        {R"({"a":{"dtype":"F32","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}})", 0,
         "overflows"},
        {R"({"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}})", 4,
         "does not fit"},
        {R"({"a":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4]}})", 4,
         "overflows"},
        {R"({"a":{"dtype":"I7","shape":[1],"data_offsets":[0,4]}})", 4, "dtype `I7`"},
        {R"({"a":{"dtype":3,"shape":[1],"data_offsets":[0,4]}})", 4, "dtype is not a text"},
        {R"({"a":{"dtype":"F32","shape":[1]}})", 4, "entry is not"},
        {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}})", 4, "entry is not"},
        {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4, "not a pair"},
        {R"({"a":7})", 0, "entry is not"},
        {R"([])", 0, "not an object"},
        {R"({"a")", 0, "header"},
        {R"({"__metadata__":{"k":1}})", 0, "not a text"},
        {R"({"__metadata__":[]})", 0, "not an object"},
        {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
         R"("b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
         4, "overlaps"},
        {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
         R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
         8, "overlaps"},
        {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
         R"("b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}})",
         12, "belong to no tensor"},
        {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
         R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
         4, "stands twice"},
    };
    for (const Row& row : rows) {
        INFO(row.header << " + " << row.data_bytes);
        CHECK_THAT(refusal(file_of(row.header, row.data_bytes)), Catch::Contains(row.reason));
    }
    CHECK_THAT(refusal("1234567"), Catch::Contains("shorter"));
    CHECK_THAT(refusal(std::string(8, '\xff')), Catch::Contains("header length"));
    CHECK_THAT(refusal(std::string("\x40\0\0\0\0\0\0\0{}", 10)), Catch::Contains("header length"));
    const std::string deep(100000, '[');
    CHECK_THAT(refusal(file_of(deep, 0)), Catch::Contains("nested too deep"));
}

TEST_CASE("narrow floating types are widened exactly") {
    struct Row {
        std::uint16_t bits;
        float half;   // read as F16
        float brain;  // read as BF16
    };
    const Row rows[] = {
        {0x0000, 0.0F, 0.0F},
        {0x3C00, 1.0F, 0.0078125F},
        {0xC000, -2.0F, -2.0F},
        {0x4049, 2.142578125F, 3.140625F},
        {0x0001, 0x1p-24F, 0x1p-133F},
        {0x03FF, 0x1.ff8p-15F, 0x1.fep-120F},
        {0x7BFF, 65504.0F, 0x1.fep120F},
        {0x3555, 0.333251953125F, 0x1.aap-21F},
    };
    for (const Row& row : rows) {
        const auto bytes = std::as_bytes(std::span(&row.bits, 1));
        CHECK(TensorView{Dtype::f16, {1}, bytes}.to_float()[0] == row.half);
        CHECK(TensorView{Dtype::bf16, {1}, bytes}.to_float()[0] == row.brain);
    }
    const std::uint16_t infinite = 0x7C00;
    CHECK(std::isinf(
        TensorView{Dtype::f16, {1}, std::as_bytes(std::span(&infinite, 1))}.to_float()[0]));
    const std::uint16_t not_a_number = 0x7E00;
    CHECK(std::isnan(
        TensorView{Dtype::f16, {1}, std::as_bytes(std::span(&not_a_number, 1))}.to_float()[0]));
}

TEST_CASE("what is written is read back") {
    tradewind::test::law(
        "tensors survive a round trip",
        [](const std::vector<float>& floats, const std::vector<double>& doubles,
           const std::vector<std::int64_t>& ids, const std::vector<std::uint8_t>& bits) {
            SafeTensorsWriter writer;
            const auto length = [](const auto& values) {
                return static_cast<std::int64_t>(values.size());
            };
            writer.add("f", {length(floats)}, std::span<const float>(floats));
            writer.add("d", {1, length(doubles)}, std::span<const double>(doubles));
            writer.add("i", {length(ids), 1}, std::span<const std::int64_t>(ids));
            writer.add("u", {length(bits)}, std::span<const std::uint8_t>(bits));
            writer.set_metadata("note", "a \"quoted\" text");
            const std::string bytes = writer.to_bytes();
            const SafeTensors file = parse(bytes);
            RC_ASSERT(file.at("f").to_float() == floats);
            RC_ASSERT(file.at("d").to_double() == doubles);
            RC_ASSERT(file.at("i").to_int64() == ids);
            RC_ASSERT(file.at("i").shape == (Shape{length(ids), 1}));
            RC_ASSERT(file.at("u").bytes.size() == bits.size());
            RC_ASSERT(file.metadata().at("note") == "a \"quoted\" text");
            RC_ASSERT(writer.to_bytes() == bytes);
        });
}

TEST_CASE("a flipped or cut byte never gets past the checks uncaught") {
    std::ifstream stream(fixture_path("cases/constant.safetensors"), std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(stream)), {});
    REQUIRE(whole.size() > 1000);
    tradewind::test::law("damage is refused or harmless", [&whole] {
        std::string bytes = whole;
        const auto place = *rc::gen::inRange<std::size_t>(0, 700);
        bytes[place] = *rc::gen::arbitrary<char>();
        if (*rc::gen::arbitrary<bool>()) bytes.resize(*rc::gen::inRange<std::size_t>(0, 4000));
        try {
            const SafeTensors file = parse(bytes);
            for (const auto& [name, view] : file.tensors()) {
                RC_ASSERT(static_cast<std::size_t>(value_count(view.shape)) * size_of(view.dtype) ==
                          view.bytes.size());
            }
        } catch (const Error&) {
        }
    });
}

TEST_CASE("an index joins shards and is not trusted") {
    const ScratchFolder folder;
    const std::vector<float> one = {1.0F};
    const std::vector<float> two = {2.0F};
    SafeTensorsWriter first;
    first.add("a", {1}, std::span<const float>(one));
    first.write(folder.file("one.safetensors"));
    SafeTensorsWriter second;
    second.add("b", {1}, std::span<const float>(two));
    second.write(folder.file("two.safetensors"));
    const auto with_index = [&folder](const std::string& text) {
        std::ofstream(folder.file("model.safetensors.index.json")) << text;
        try {
            const SafeTensors both = SafeTensors::open_checkpoint(folder.path());
            return "a=" + std::to_string(both.at("a").to_float()[0]) +
                   " b=" + std::to_string(both.at("b").to_float()[0]);
        } catch (const Error& error) {
            return std::string(error.what());
        }
    };
    CHECK(with_index(R"({"weight_map":{"a":"one.safetensors","b":"two.safetensors"}})") ==
          "a=1.000000 b=2.000000");
    const std::pair<const char*, const char*> rows[] = {
        {R"({"weight_map":{"a":"../one.safetensors"}})", "not a plain file name"},
        {R"({"weight_map":{"a":"/etc/passwd"}})", "not a plain file name"},
        {R"({"weight_map":{"a":"x/one.safetensors"}})", "not a plain file name"},
        {R"({"weight_map":{"a":".."}})", "not a plain file name"},
        {R"({"weight_map":{"a":7}})", "not a file name"},
        {R"({"weight_map":{}})", "lists no tensor"},
        {R"({"weights":{}})", "no weight_map"},
        {R"({"weight_map":{"a":"one.safetensors","b":"one.safetensors"}})", "missing"},
        {R"({"weight_map":{"a":"absent.safetensors"}})", "cannot open"},
    };
    for (const auto& [text, reason] : rows) {
        INFO(text);
        CHECK_THAT(with_index(text), Catch::Contains(reason));
    }
}

TEST_CASE("files that cannot be read or written say so") {
    const ScratchFolder folder;
    std::ofstream(folder.file("empty")).flush();
    CHECK_THROWS_WITH(SafeTensors::open(folder.file("empty")), Catch::Contains("is empty"));
    CHECK_THROWS_WITH(SafeTensors::open(folder.path()), Catch::Contains("not a regular file"));
    CHECK_THROWS_WITH(SafeTensors::open(folder.file("absent")), Catch::Contains("cannot open"));
    SafeTensorsWriter writer;
    try {
        writer.write(folder.file("no/such/folder"));
        FAIL("written into a folder that does not exist");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::usage);
    }
}

TEST_CASE("the hash of a checkpoint is that of its bytes") {
    const std::string bytes = file_of("{}", 0);
    CHECK(parse(bytes).sha256() ==
          "411a485216e432ece6b9af94fa32154cf79a2a56d4f81266baa50063f45092bd");
}

}  // namespace tradewind::model::test
