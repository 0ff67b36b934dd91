// One step's inputs as canonical text and back: what a recording holds per step.
//
// decode_step(encode_step(inputs)) equals `inputs` in every field, and encode_step of equal inputs
// is equal text. Compact JSON, keys sorted; the forms are those of json_archive.hpp. Errors:
// decode_step throws Error (data) with the place: `place` (a file and step), then the field inside
// the text, for text that is not JSON, an unknown field, a wrong kind or a value out of range.
// Pure; any thread. Source: architecture 5 and 7.
#pragma once

#include <string>
#include <string_view>

#include "actors/step/step_data.hpp"

namespace tradewind::actors {

[[nodiscard]] std::string encode_step(const StepInputs& inputs);
[[nodiscard]] StepInputs decode_step(std::string_view text, const std::string& place);

}  // namespace tradewind::actors
