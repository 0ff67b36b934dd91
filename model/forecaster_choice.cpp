#include "model/forecaster_choice.hpp"

#include <nlohmann/json.hpp>

#include "messages/error.hpp"
#include "model/record_reader.hpp"

namespace tradewind::model {

namespace {

using nlohmann::ordered_json;

constexpr const char* kFormat = "tradewind-forecaster-choice";
constexpr std::int64_t kVersion = 1;
constexpr std::array<const char*, kServers> kNames = {"network", "ewma", "ewma_empirical", "garch",
                                                      "anchored"};
constexpr double kLargestScore = 1000;

std::size_t place(Scored scored) {
    return static_cast<std::size_t>(scored);
}

ChannelChoice choose(const ChannelScore& score, bool is_close, bool has_network) {
    constexpr std::pair<Scored, Server> kClassical[] = {
        {Scored::ewma_empirical, Server::ewma_empirical},
        {Scored::garch, Server::garch},
        {Scored::anchored, Server::anchored}};
    ChannelChoice choice;
    choice.fallback = Server::ewma;
    choice.fallback_score = score.against_ewma[place(Scored::ewma)];
    for (const auto& [scored, server] : kClassical) {
        if (is_close && server == Server::anchored) continue;
        if (score.against_ewma[place(scored)] < choice.fallback_score) {
            choice.fallback = server;
            choice.fallback_score = score.against_ewma[place(scored)];
        }
    }
    choice.server = choice.fallback;
    if (!has_network) return choice;
    choice.network_score = score.against_ewma[place(Scored::model)];
    choice.network_high = score.model_against[place(Scored::ewma)].high;
    choice.network_coverage_deviation = score.coverage_deviation(Scored::model);
    const Verdict verdict = judge(score, is_close);
    if (verdict.beats_ewma && verdict.covers && choice.network_score <= choice.fallback_score) {
        choice.server = Server::network;
    }
    return choice;
}

Server server_at(RecordReader& reader, const std::string& key) {
    const std::string name = reader.text(key);
    const auto server = server_named(name);
    if (!server) reader.refuse(key, "`" + name + "` is no forecaster");
    return *server;
}

ChannelChoice channel_choice_of(RecordReader reader, bool has_network) {
    ChannelChoice choice;
    choice.server = server_at(reader, "forecaster");
    choice.fallback = server_at(reader, "fallback");
    if (choice.fallback == Server::network) reader.refuse("fallback", "is not a classical one");
    if (choice.server == Server::network && !has_network) {
        reader.refuse("forecaster", "is a network, but the record names none");
    }
    choice.network_score = reader.number("network_score", 0, kLargestScore);
    choice.network_high = reader.number("network_high", 0, kLargestScore);
    choice.network_coverage_deviation = reader.number("network_coverage_deviation", 0, 1);
    choice.fallback_score = reader.number("fallback_score", 0, kLargestScore);
    reader.finish();
    return choice;
}

}  // namespace

Verdict judge(const ChannelScore& score, bool is_close) {
    const auto beats = [&score](Scored opponent) {
        return score.series > 0 && score.model_against[place(opponent)].high < 1;
    };
    Verdict verdict;
    verdict.beats_ewma = beats(Scored::ewma);
    verdict.beats_strong =
        is_close ? beats(Scored::ewma_empirical) && beats(Scored::garch) : beats(Scored::anchored);
    verdict.covers = score.times > 0 && score.coverage_deviation(Scored::model) <= kCoveragePoints;
    return verdict;
}

const char* name_of(Server server) {
    return kNames[static_cast<std::size_t>(server)];
}

std::optional<Server> server_named(const std::string& name) {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (name == kNames[i]) return static_cast<Server>(i);
    }
    return std::nullopt;
}

ClassChoice ForecasterChoice::of(const BarSeries& series) const {
    for (const MarketClass wanted : {market_class_of(series), daily_class_of(series)}) {
        const auto& choice = classes[static_cast<std::size_t>(wanted)];
        if (choice) return *choice;
    }
    ClassChoice choice;
    for (std::size_t c = 1; c < kSeriesCount; ++c) {
        choice[c].server = choice[c].fallback = Server::anchored;
    }
    return choice;
}

ForecasterChoice choose_forecasters(const Verification& verification, const std::string& network) {
    ForecasterChoice choice;
    choice.network = network;
    choice.parameters = verification.parameters;
    for (const ClassScore& score : verification.classes) {
        if (score.hold_out != HoldOut::unseen) continue;
        ClassChoice& channels =
            choice.classes[static_cast<std::size_t>(score.market_class)].emplace();
        for (std::size_t c = 0; c < kSeriesCount; ++c) {
            channels[c] = choose(score.channels[c], c == 0, !network.empty());
        }
    }
    return choice;
}

std::string forecaster_choice_json(const ForecasterChoice& choice) {
    ordered_json classes = ordered_json::object();
    for (std::size_t i = 0; i < kMarketClasses; ++i) {
        if (!choice.classes[i]) continue;
        ordered_json channels = ordered_json::object();
        for (std::size_t c = 0; c < kSeriesCount; ++c) {
            const ChannelChoice& channel = (*choice.classes[i])[c];
            channels[name_of(static_cast<Series>(c))] = {
                {"forecaster", name_of(channel.server)},
                {"fallback", name_of(channel.fallback)},
                {"network_score", channel.network_score},
                {"network_high", channel.network_high},
                {"network_coverage_deviation", channel.network_coverage_deviation},
                {"fallback_score", channel.fallback_score}};
        }
        classes[name_of(static_cast<MarketClass>(i))] = channels;
    }
    const ordered_json record{{"format", kFormat},
                              {"version", kVersion},
                              {"network", choice.network},
                              {"classical", choice.parameters},
                              {"classes", classes}};
    return record.dump(1) + "\n";
}

ForecasterChoice parse_forecaster_choice(const std::string& text, const std::string& where) {
    const nlohmann::json json = parse_record(text, where);
    RecordReader reader(json, where);
    reader.expect_format(kFormat, kVersion);
    ForecasterChoice choice;
    choice.network = reader.text("network");
    choice.parameters = reader.text("classical");
    RecordReader classes = reader.object("classes");
    for (std::size_t i = 0; i < kMarketClasses; ++i) {
        const char* name = name_of(static_cast<MarketClass>(i));
        if (!classes.has(name)) continue;
        RecordReader channels = classes.object(name);
        ClassChoice& chosen = choice.classes[i].emplace();
        for (std::size_t c = 0; c < kSeriesCount; ++c) {
            chosen[c] = channel_choice_of(channels.object(name_of(static_cast<Series>(c))),
                                          !choice.network.empty());
        }
        channels.finish();
    }
    classes.finish();
    reader.finish();
    return choice;
}

ForecasterChoice read_forecaster_choice(const std::string& path) {
    return parse_forecaster_choice(read_record_text(path), path);
}

}  // namespace tradewind::model
