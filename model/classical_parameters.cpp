#include "model/classical_parameters.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "messages/error.hpp"
#include "messages/time.hpp"
#include "model/record_reader.hpp"

namespace tradewind::model {

namespace {

using nlohmann::ordered_json;

constexpr const char* kFormat = "tradewind-classical";
constexpr std::int64_t kVersion = 1;
constexpr double kLargestDecile = 1000;  // in units of sigma

ordered_json json_of(const EwmaShape& shape) {
    return {{"lambda", shape.lambda}, {"deciles", shape.deciles}};
}

ordered_json json_of(const GarchShape& shape) {
    return {{"alpha", shape.alpha}, {"persistence", shape.persistence}, {"deciles", shape.deciles}};
}

ordered_json json_of(const ClassParameters& parameters) {
    ordered_json channels = ordered_json::object();
    for (std::size_t s = 0; s < kSeriesCount; ++s) {
        const ChannelParameters& channel = parameters.channels[s];
        channels[name_of(static_cast<Series>(s))] = {
            {"ewma_empirical", json_of(channel.ewma_empirical)},
            {"garch", json_of(channel.garch)},
            {"anchored", json_of(channel.anchored)}};
    }
    return {{"observations", parameters.observations}, {"channels", channels}};
}

DecileShape deciles_of(RecordReader& reader) {
    DecileShape deciles{};
    const auto numbers = reader.numbers("deciles", kDeciles);
    std::copy(numbers.begin(), numbers.end(), deciles.begin());
    if (!std::is_sorted(deciles.begin(), deciles.end())) {
        reader.refuse("deciles", "descend somewhere");
    }
    if (std::max(-deciles.front(), deciles.back()) > kLargestDecile) {
        reader.refuse("deciles", "reach beyond 1000 sigma");
    }
    return deciles;
}

// Open intervals: a memory of nothing or of everything is none.
double weight_of(RecordReader& reader, const std::string& key, double below = 1) {
    const double weight = reader.number(key, 0, 1);
    if (!(weight > 0 && weight < below)) reader.refuse(key, "is outside its open interval");
    return weight;
}

EwmaShape ewma_shape_of(RecordReader reader) {
    const EwmaShape shape{weight_of(reader, "lambda"), deciles_of(reader)};
    reader.finish();
    return shape;
}

GarchShape garch_shape_of(RecordReader reader) {
    GarchShape shape;
    shape.persistence = weight_of(reader, "persistence");
    shape.alpha = weight_of(reader, "alpha", shape.persistence);
    shape.deciles = deciles_of(reader);
    reader.finish();
    return shape;
}

ClassParameters class_parameters_of(RecordReader reader) {
    ClassParameters parameters;
    parameters.observations = reader.count("observations");
    RecordReader channels = reader.object("channels");
    for (std::size_t s = 0; s < kSeriesCount; ++s) {
        RecordReader channel = channels.object(name_of(static_cast<Series>(s)));
        parameters.channels[s] = {ewma_shape_of(channel.object("ewma_empirical")),
                                  garch_shape_of(channel.object("garch")),
                                  ewma_shape_of(channel.object("anchored"))};
        channel.finish();
    }
    channels.finish();
    reader.finish();
    return parameters;
}

MarketClass market_class_at(RecordReader& reader, const std::string& key) {
    const std::string name = reader.text(key);
    const auto market_class = market_class_named(name);
    if (!market_class) reader.refuse(key, "`" + name + "` is no market class");
    return *market_class;
}

FittedSeries fitted_series_of(RecordReader reader) {
    FittedSeries series;
    series.symbol = reader.text("symbol");
    if (!Symbol::valid(series.symbol)) reader.refuse("symbol", "is not a symbol");
    series.market_class = market_class_at(reader, "class");
    series.bars = reader.count("bars");
    series.first = reader.text("first");
    series.last = reader.text("last");
    for (const auto& [key, time] : {std::pair{"first", &series.first}, {"last", &series.last}}) {
        if (!parse_time(*time)) reader.refuse(key, "is not a time");
    }
    series.sha256 = reader.text("sha256");
    if (!series.sha256.empty() &&
        (series.sha256.size() != 64 ||
         series.sha256.find_first_not_of("0123456789abcdef") != std::string::npos)) {
        reader.refuse("sha256", "is not a SHA-256");
    }
    reader.finish();
    return series;
}

}  // namespace

const ClassParameters* ClassicalParameters::of(const BarSeries& bars) const {
    for (const MarketClass wanted : {market_class_of(bars), daily_class_of(bars)}) {
        const auto& parameters = classes[static_cast<std::size_t>(wanted)];
        if (parameters) return &*parameters;
    }
    for (const auto& parameters : classes) {
        if (parameters) return &*parameters;
    }
    return nullptr;
}

std::string classical_parameters_json(const ClassicalParameters& parameters) {
    ordered_json series = ordered_json::array();
    for (const FittedSeries& entry : parameters.series) {
        series.push_back({{"symbol", entry.symbol},
                          {"class", name_of(entry.market_class)},
                          {"bars", entry.bars},
                          {"first", entry.first},
                          {"last", entry.last},
                          {"sha256", entry.sha256}});
    }
    ordered_json classes = ordered_json::object();
    for (std::size_t i = 0; i < kMarketClasses; ++i) {
        if (parameters.classes[i]) {
            classes[name_of(static_cast<MarketClass>(i))] = json_of(*parameters.classes[i]);
        }
    }
    const ordered_json record{{"format", kFormat},
                              {"version", kVersion},
                              {"training",
                               {{"daily_end", parameters.daily_end},
                                {"intraday_share", parameters.intraday_share},
                                {"warm_up_moves", parameters.warm_up_moves}}},
                              {"series", series},
                              {"classes", classes}};
    return record.dump(1) + "\n";
}

ClassicalParameters parse_classical_parameters(const std::string& text, const std::string& where) {
    const nlohmann::json json = parse_record(text, where);
    RecordReader reader(json, where);
    reader.expect_format(kFormat, kVersion);
    ClassicalParameters parameters;
    RecordReader training = reader.object("training");
    parameters.daily_end = training.text("daily_end");
    if (!parse_date(parameters.daily_end)) training.refuse("daily_end", "is not a date");
    parameters.intraday_share = training.number("intraday_share", 0, 1);
    parameters.warm_up_moves =
        static_cast<std::uint32_t>(training.number("warm_up_moves", 0, 1'000'000));
    training.finish();
    for (RecordReader& entry : reader.objects("series")) {
        parameters.series.push_back(fitted_series_of(entry));
    }
    RecordReader classes = reader.object("classes");
    for (std::size_t i = 0; i < kMarketClasses; ++i) {
        const char* name = name_of(static_cast<MarketClass>(i));
        if (classes.has(name)) parameters.classes[i] = class_parameters_of(classes.object(name));
    }
    if (classes.keys().empty()) reader.refuse("classes", "is empty");
    classes.finish();
    reader.finish();
    return parameters;
}

ClassicalParameters read_classical_parameters(const std::string& path) {
    return parse_classical_parameters(read_record_text(path), path);
}

std::string content_id(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    ensure(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1 &&
               size == 32,
           "SHA-256 has 32 bytes");
    std::string id;
    for (std::size_t i = 0; i < 8; ++i) {
        id += "0123456789abcdef"[digest[i] >> 4U];
        id += "0123456789abcdef"[digest[i] & 15U];
    }
    return id;
}

}  // namespace tradewind::model
