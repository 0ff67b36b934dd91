#include "actors/recorder/step_codec.hpp"

#include "actors/recorder/message_fields.hpp"

namespace tradewind::actors {

// Every field of StepInputs has its line here; the laws of the codec notice one that has none.
template <class Archive>
void fields(Archive& archive, SlotBar& bar) {
    archive("slot", bar.slot);
    archive("tradable", bar.tradable);
    archive("last", bar.last);
    archive("bar", bar.bar);
}

template <class Archive>
void fields(Archive& archive, SlotOpen& open) {
    archive("slot", open.slot);
    archive("time", open.time);
    archive("open", open.open);
}

template <class Archive>
void fields(Archive& archive, SlotQuote& quote) {
    archive("slot", quote.slot);
    archive("quote", quote.quote);
}

template <class Archive>
void fields(Archive& archive, StepInputs& inputs) {
    archive("step", inputs.step);
    archive("closes", inputs.closes);
    archive("quotes", inputs.quotes);
    archive("sessions", inputs.sessions);
    archive("passes", inputs.passes);
    archive("broker_events", inputs.broker_events);
    archive("broker_states", inputs.broker_states);
    archive("adjustments", inputs.adjustments);
    archive("adopted_orders", inputs.adopted_orders);
    archive("halts", inputs.halts);
    archive("resumes", inputs.resumes);
    archive("due", inputs.due);
    archive("daily", inputs.daily);
    archive("opens", inputs.opens);
    archive("stopping", inputs.stopping);
    archive("equity_row", inputs.equity_row);
}

std::string encode_step(const StepInputs& inputs) {
    return JsonWriter::json_of(inputs).dump();
}

StepInputs decode_step(std::string_view text, const std::string& place) {
    return JsonReader::read<StepInputs>(parse_object(text, place), {nullptr, place, {}});
}

}  // namespace tradewind::actors
