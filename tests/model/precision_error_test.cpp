// Reduced precision against float32 on both fixtures. `test_model "[precision-table]"` prints the
// rows of the table in BENCHMARKS.md.
#include "model/precision_error.hpp"

#include <cstdio>

#include "messages/error.hpp"
#include "model/shipped_models.hpp"
#include "tests/catch.hpp"
#include "tests/model/fixture.hpp"

namespace tradewind::model::test {

TEST_CASE("half precision stays near float32, f16 nearer than bf16", "[precision]") {
    for (const std::string& folder : {toto1_path(""), fixture_path("")}) {
        const auto errors = measure_precision(folder, 3);
        REQUIRE(errors.size() == 2);
        CHECK(errors[0].precision == Precision::bf16);
        CHECK(errors[1].precision == Precision::f16);
        for (const PrecisionError& error : errors) {
            INFO(folder << " " << name_of(error.precision));
            CHECK(error.median_mean > 0);  // something was rounded
            CHECK(error.median_mean <= error.median_worst);
        }
        // Eight bits of mantissa against eleven.
        CHECK(errors[0].median_mean > 3 * errors[1].median_mean);
        CHECK(errors[1].median_worst < 0.03);
    }
}

TEST_CASE("the table of precisions", "[.precision-table]") {
    for (const auto& [name, folder] :
         {std::pair{"toto1-tiny", toto1_path("")}, std::pair{"toto2-tiny", fixture_path("")}}) {
        const std::string table = precision_table(name, measure_precision(folder));
        CHECK(table.size() > 100);
        std::printf("%s", table.c_str());
    }
}

TEST_CASE("precisions have names") {
    CHECK(parse_precision("bf16") == Precision::bf16);
    CHECK(standard_precision("cpu") == Precision::f32);
    CHECK(standard_precision("cuda") == Precision::bf16);
    CHECK_THROWS_AS(parse_precision("f64"), Error);
}

}  // namespace tradewind::model::test
