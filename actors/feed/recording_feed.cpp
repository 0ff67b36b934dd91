#include "actors/feed/recording_feed.hpp"

#include <string>

#include "actors/recorder/step_codec.hpp"
#include "messages/error.hpp"

namespace tradewind::actors {

bool RecordingFeed::next(StepInputs& inputs) {
    if (!reader_.next(step_)) return false;
    const auto place = reader_.file().string() + " step " + std::to_string(step_.position);
    inputs = decode_step(step_.payload, place);
    if (inputs.step.number != step_.number || inputs.step.time != step_.time) {
        throw Error(ErrorKind::corrupt, "recording is damaged", place,
                    "the step's number or time differs from its row's",
                    "take a copy of it, or another session");
    }
    now_ = step_.time;
    return true;
}

}  // namespace tradewind::actors
