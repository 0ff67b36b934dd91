#include "model/parameter_set.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "messages/error.hpp"
#include "messages/forecast.hpp"
#include "messages/symbol.hpp"
#include "model/config_reader.hpp"

namespace tradewind::model {

namespace {

std::string sha256_of(const std::string& text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    ensure(EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr) == 1,
           "SHA-256 is there");
    std::string hex;
    for (unsigned i = 0; i < length; ++i) {
        constexpr const char* kDigits = "0123456789abcdef";
        hex += kDigits[digest[i] >> 4U];
        hex += kDigits[digest[i] & 15U];
    }
    return hex;
}

nlohmann::ordered_json deciding_part(const ParameterSet& set) {
    nlohmann::ordered_json json;
    json["version"] = kParameterSetVersion;
    json["symbol"] = set.symbol;
    if (!set.series.empty()) json["series"] = set.series;
    json["model"] = set.model;
    json["aggregation"] = set.aggregation.name();
    json["samples"] = set.samples;
    json["samples_per_batch"] = set.samples_per_batch;
    json["context_points"] = set.context_points;
    return json;
}

std::int64_t in_range(ConfigReader& reader, const std::string& key, std::int64_t lowest,
                      std::int64_t highest) {
    const std::int64_t value = reader.dimension(key, lowest);
    if (value > highest) reader.refuse(key, "exceeds " + std::to_string(highest));
    return value;
}

AggregationRule rule_of(ConfigReader& reader) {
    try {
        return AggregationRule::parse(reader.text("aggregation"));
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::data) throw;
        reader.refuse("aggregation", error.what());
    }
}

}  // namespace

std::string ParameterSet::id() const {
    return symbol + "-v" + std::to_string(kParameterSetVersion) + "-" +
           sha256_of(deciding_part(*this).dump()).substr(0, 8);
}

std::string ParameterSet::to_json() const {
    nlohmann::ordered_json json = deciding_part(*this);
    if (pct_return_mae > 0) json["pct_return_mae"] = pct_return_mae;
    if (!note.empty()) json["note"] = note;
    return json.dump(2) + "\n";
}

ParameterSet parse_parameter_set(const std::string& text, const std::string& where) {
    const nlohmann::json json = parse_config_object(text, where);
    ConfigReader reader(json, where);
    if (reader.dimension("version") != kParameterSetVersion) {
        reader.refuse("version", "is not " + std::to_string(kParameterSetVersion));
    }
    ParameterSet set;
    set.symbol = reader.text("symbol");
    if (!Symbol::valid(set.symbol)) reader.refuse("symbol", "is not a symbol");
    if (reader.has("series")) {
        set.series = reader.text("series");
        bool known = false;
        for (std::size_t s = 0; s < kSeriesCount; ++s) {
            known = known || set.series == name_of(static_cast<Series>(s));
        }
        if (!known) reader.refuse("series", "is not close, high, low or open");
    }
    set.model = reader.text("model");
    if (set.model.empty()) reader.refuse("model", "is empty");
    set.aggregation = rule_of(reader);
    set.samples = in_range(reader, "samples", kFewestSamples, kMostSamples);
    set.samples_per_batch = in_range(reader, "samples_per_batch", kFewestPerBatch, kMostPerBatch);
    set.samples =
        (set.samples + set.samples_per_batch - 1) / set.samples_per_batch * set.samples_per_batch;
    set.context_points = in_range(reader, "context_points", 1, 8192);
    set.pct_return_mae = reader.number_or("pct_return_mae", 0);
    if (set.pct_return_mae < 0) reader.refuse("pct_return_mae", "is negative");
    if (reader.has("note")) set.note = reader.text("note");
    for (const std::string& key : reader.unknown()) reader.refuse(key, "is not known");
    return set;
}

ParameterSet read_parameter_set(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (file) text << file.rdbuf();
    if (!file) {
        throw Error(ErrorKind::data, "parameter set", path, "is missing or unreadable");
    }
    return parse_parameter_set(text.str(), path);
}

void write_parameter_set(const ParameterSet& set, const std::string& path) {
    const std::string beside = path + ".partial";
    std::ofstream file(beside, std::ios::binary | std::ios::trunc);
    file << set.to_json();
    file.close();
    std::error_code fault;
    if (file) std::filesystem::rename(beside, path, fault);
    if (!file || fault) {
        throw Error(ErrorKind::usage, "parameter set", path, "cannot be written",
                    "choose a folder that exists");
    }
}

std::map<std::string, ParameterSet> read_parameter_sets(const std::string& folder) {
    std::vector<std::string> paths;
    if (std::filesystem::is_directory(folder)) {
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            if (entry.path().extension() == ".json") paths.push_back(entry.path().string());
        }
    }
    std::sort(paths.begin(), paths.end());
    std::map<std::string, ParameterSet> sets;
    for (const std::string& path : paths) {
        ParameterSet set = read_parameter_set(path);
        const std::string key = set.series.empty() ? set.symbol : set.symbol + "/" + set.series;
        if (!sets.emplace(key, std::move(set)).second) {
            throw Error(ErrorKind::data, "parameter set", path, "is the second one for " + key,
                        "keep one of them");
        }
    }
    return sets;
}

}  // namespace tradewind::model
