#include "tools/verification_report.hpp"

#include <array>
#include <cstdio>

#include "model/forecaster_choice.hpp"

namespace tradewind::tools {

namespace {

using model::ChannelScore;
using model::ClassScore;
using model::HoldOut;
using model::Interval;
using model::Scored;
using nlohmann::ordered_json;

constexpr std::array<Scored, model::kScored> kEveryone = {
    Scored::model, Scored::ewma,     Scored::ewma_empirical,
    Scored::garch, Scored::anchored, Scored::zero_move};

template <class... Values>
std::string format(const char* pattern, Values... values) {
    std::array<char, 256> text{};
    std::snprintf(text.data(), text.size(), pattern, values...);
    return text.data();
}

std::string interval_text(const Interval& interval) {
    return format("%.4f [%.4f, %.4f]", interval.value, interval.low, interval.high);
}

ordered_json interval_json(const Interval& interval) {
    return {{"value", interval.value}, {"low", interval.low}, {"high", interval.high}};
}

std::size_t place(Scored scored) {
    return static_cast<std::size_t>(scored);
}

ordered_json channel_json(const ChannelScore& score, bool is_close) {
    ordered_json json{{"series", score.series}, {"times", score.times}};
    auto& against_ewma = json["step_1_against_ewma"];
    auto& model_against = json["model_step_1_against"];
    auto& steps = json["model_all_steps_against"];
    auto& coverage = json["coverage"];
    auto& deviation = json["coverage_deviation"];
    for (const Scored each : kEveryone) {
        const char* name = name_of(each);
        against_ewma[name] = score.against_ewma[place(each)];
        if (each != Scored::model) {
            model_against[name] = interval_json(score.model_against[place(each)]);
            steps[name] = interval_json(score.model_against_steps[place(each)]);
        }
        if (each != Scored::zero_move) {
            coverage[name] = score.coverage[place(each)];
            deviation[name] = score.coverage_deviation(each);
        }
    }
    json["hit_rate"] = interval_json(score.hit_rate);
    json["up_share"] = score.up_share;
    const auto accepted = model::judge(score, is_close);
    json["accepted"] = {{"beats_ewma", accepted.beats_ewma},
                        {"beats_strong", accepted.beats_strong},
                        {"covers", accepted.covers}};
    return json;
}

std::string class_head(const ClassScore& score) {
    return format("%s, %s (%llu series, %llu times)", name_of(score.hold_out),
                  name_of(score.market_class), static_cast<unsigned long long>(score.series),
                  static_cast<unsigned long long>(score.times));
}

std::string names_line(const std::vector<std::string>& names) {
    std::string line;
    for (const auto& name : names) line += (line.empty() ? "" : " ") + name;
    return line.empty() ? "none" : line;
}

// The strong baseline of a channel in the recipe's sense: (ii) of the close, (v) of the others.
Scored strong_of(std::size_t channel) {
    return channel == 0 ? Scored::ewma_empirical : Scored::anchored;
}

std::string yes_no(bool value) {
    return value ? "yes" : "**no**";
}

std::string percent(double share) {
    return format("%.1f", 100 * share);
}

template <class Row>
void each_channel(const model::Verification& verification, const Row& row) {
    for (const ClassScore& score : verification.classes) {
        for (std::size_t c = 0; c < kSeriesCount; ++c) {
            row(score, c, score.channels[c], name_of(static_cast<Series>(c)));
        }
    }
}

std::string score_table(const model::Verification& verification) {
    std::string text =
        "| hold-out | class (series; times) | channel | model / (i) [95 %] | (ii) | (iii) | (v) | "
        "zero move | model / (ii) | model / (iii) | model / (v) |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|\n";
    each_channel(verification, [&](const ClassScore& score, std::size_t c,
                                   const ChannelScore& channel, const char* name) {
        const auto of = [&](Scored each) {
            return format("%.4f", channel.against_ewma[place(each)]);
        };
        text += format("| %s | %s (%llu; %llu) | %s | ", name_of(score.hold_out),
                       name_of(score.market_class), static_cast<unsigned long long>(channel.series),
                       static_cast<unsigned long long>(channel.times), name);
        text += interval_text(channel.model_against[place(Scored::ewma)]) + " | " +
                of(Scored::ewma_empirical) + " | " + of(Scored::garch) + " | " +
                (c == 0 ? std::string() : of(Scored::anchored)) + " | " + of(Scored::zero_move) +
                " | " + interval_text(channel.model_against[place(Scored::ewma_empirical)]) +
                " | " + interval_text(channel.model_against[place(Scored::garch)]) + " | " +
                (c == 0 ? std::string()
                        : interval_text(channel.model_against[place(Scored::anchored)])) +
                " |\n";
    });
    return text;
}

std::string rule_table(const model::Verification& verification) {
    std::string text =
        "| hold-out | class, channel | better than (i), clear | better than the strong ones, clear "
        "| coverage within 2 points | largest deviation: model, (i), strong | hit rate [95 %] "
        "(share of up moves) |\n|---|---|---|---|---|---|---|\n";
    each_channel(verification, [&](const ClassScore& score, std::size_t c,
                                   const ChannelScore& channel, const char* name) {
        const auto verdict = model::judge(channel, c == 0);
        text +=
            format("| %s | %s %s | ", name_of(score.hold_out), name_of(score.market_class), name);
        text += yes_no(verdict.beats_ewma) + " | " + yes_no(verdict.beats_strong) + " | " +
                yes_no(verdict.covers) + " | " +
                percent(channel.coverage_deviation(Scored::model)) + ", " +
                percent(channel.coverage_deviation(Scored::ewma)) + ", " +
                percent(channel.coverage_deviation(strong_of(c))) + " | " +
                percent(channel.hit_rate.value) + " [" + percent(channel.hit_rate.low) + ", " +
                percent(channel.hit_rate.high) + "] (" + percent(channel.up_share) + ") |\n";
    });
    return text;
}

std::string coverage_table(const model::Verification& verification) {
    std::string text =
        "| hold-out | class, channel | coverage of the deciles in per cent (nominal 10 … 90) | all "
        "steps, model / (i) [95 %] | all steps, model / (ii) [95 %] |\n|---|---|---|---|---|\n";
    each_channel(verification, [&](const ClassScore& score, std::size_t,
                                   const ChannelScore& channel, const char* name) {
        text +=
            format("| %s | %s %s |", name_of(score.hold_out), name_of(score.market_class), name);
        for (const double share : channel.coverage[place(Scored::model)]) {
            text += " " + percent(share);
        }
        text += " | " + interval_text(channel.model_against_steps[place(Scored::ewma)]) + " | " +
                interval_text(channel.model_against_steps[place(Scored::ewma_empirical)]) + " |\n";
    });
    return text;
}

}  // namespace

ordered_json verification_json(const model::Verification& verification) {
    ordered_json json{{"model", verification.model},
                      {"classical_parameters", verification.parameters},
                      {"forecasts", verification.forecasts},
                      {"trained", verification.trained},
                      {"left_out", verification.left_out}};
    json["classes"] = ordered_json::array();
    for (const ClassScore& score : verification.classes) {
        ordered_json channels = ordered_json::object();
        for (std::size_t c = 0; c < kSeriesCount; ++c) {
            channels[name_of(static_cast<Series>(c))] = channel_json(score.channels[c], c == 0);
        }
        json["classes"].push_back({{"hold_out", name_of(score.hold_out)},
                                   {"class", name_of(score.market_class)},
                                   {"series", score.series},
                                   {"times", score.times},
                                   {"channels", channels}});
    }
    return json;
}

std::string verification_text(const model::Verification& verification) {
    std::string text = "model     " + verification.model + "\nforecasts " +
                       std::to_string(verification.forecasts) + "\ntrained   " +
                       names_line(verification.trained) + "\nleft out  " +
                       names_line(verification.left_out) + "\n";
    for (const ClassScore& score : verification.classes) {
        text += "\n" + class_head(score) + "\n";
        for (std::size_t c = 0; c < kSeriesCount; ++c) {
            const ChannelScore& channel = score.channels[c];
            const auto verdict = model::judge(channel, c == 0);
            text += format("  %-5s /(i) ", name_of(static_cast<Series>(c))) +
                    interval_text(channel.model_against[place(Scored::ewma)]);
            for (const Scored each : {Scored::ewma_empirical, Scored::garch, Scored::anchored}) {
                text += format("  %s %.4f", name_of(each), channel.against_ewma[place(each)]);
            }
            text += "\n        /strong " +
                    interval_text(channel.model_against[place(strong_of(c))]) + "  all steps/(i) " +
                    interval_text(channel.model_against_steps[place(Scored::ewma)]) +
                    "  coverage off " + percent(channel.coverage_deviation(Scored::model)) +
                    "  hits " + percent(channel.hit_rate.value) + "  beats (i) " +
                    (verdict.beats_ewma ? "yes" : "no") + ", strong " +
                    (verdict.beats_strong ? "yes" : "no") + ", covers " +
                    (verdict.covers ? "yes" : "no") + "\n";
        }
    }
    return text;
}

std::string verification_markdown(const model::Verification& verification) {
    return "Scored: `" + verification.model + "` against classical parameters `" +
           verification.parameters + "`, " + std::to_string(verification.forecasts) +
           " forecasts. Left out of training: " + names_line(verification.left_out) +
           ". Trained: " + names_line(verification.trained) + ".\n\n" + score_table(verification) +
           "\n" + rule_table(verification) + "\n" + coverage_table(verification);
}

}  // namespace tradewind::tools
