#include "model/record_reader.hpp"

#include <cmath>
#include <fstream>
#include <sstream>
#include <utility>

#include "messages/error.hpp"
#include "model/complete_file.hpp"

namespace tradewind::model {

namespace {

constexpr const char* kRemedy = "restore the file, or make it again";

}  // namespace

nlohmann::json parse_record(const std::string& text, const std::string& where) {
    std::vector<std::set<std::string>> open;
    std::string twice;
    const auto callback = [&](int /*depth*/, nlohmann::json::parse_event_t event,
                              nlohmann::json& parsed) {
        using Event = nlohmann::json::parse_event_t;
        if (event == Event::object_start) open.emplace_back();
        if (event == Event::object_end) open.pop_back();
        if (event == Event::key && !open.back().insert(parsed.get<std::string>()).second) {
            twice = parsed.get<std::string>();
        }
        return true;
    };
    nlohmann::json json;
    try {
        json = nlohmann::json::parse(text, callback);
    } catch (const nlohmann::json::exception& error) {
        throw Error(ErrorKind::data, "model record", where, error.what(), kRemedy);
    }
    if (!json.is_object()) {
        throw Error(ErrorKind::data, "model record", where, "is not a JSON object", kRemedy);
    }
    if (!twice.empty()) {
        throw Error(ErrorKind::data, "model record", where, "key " + twice + " stands twice",
                    kRemedy);
    }
    return json;
}

std::string read_record_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (file) text << file.rdbuf();
    if (!file || text.str().empty()) {
        throw Error(ErrorKind::data, "model record", path, "missing, empty or unreadable", kRemedy);
    }
    return text.str();
}

void write_record_text(const std::string& path, const std::string& text) {
    write_complete_file(path, text);
}

RecordReader::RecordReader(const nlohmann::json& json, std::string where, std::string place)
    : json_(json), where_(std::move(where)), place_(std::move(place)) {
    if (!json_.is_object()) {
        throw Error(ErrorKind::data, "model record " + place_, where_, "is not an object", kRemedy);
    }
}

std::string RecordReader::place_of(const std::string& key) const {
    return place_.empty() ? key : place_ + "." + key;
}

void RecordReader::refuse(const std::string& key, const std::string& why) const {
    throw Error(ErrorKind::data, "model record key " + place_of(key), where_, why, kRemedy);
}

const nlohmann::json& RecordReader::value(const std::string& key) {
    known_.insert(key);
    const auto found = json_.find(key);
    if (found == json_.end()) refuse(key, "is missing");
    return *found;
}

void RecordReader::expect_format(const std::string& format, std::int64_t version) {
    if (text("format") != format) refuse("format", "is not `" + format + "`");
    const nlohmann::json& found = value("version");
    if (!found.is_number_integer() || found.get<std::int64_t>() != version) {
        refuse("version", "is " + found.dump() + ", this program reads " + std::to_string(version));
    }
}

double RecordReader::number(const std::string& key, double lowest, double highest) {
    const nlohmann::json& found = value(key);
    if (!found.is_number()) refuse(key, "is not a number");
    const auto number = found.get<double>();
    if (!(number >= lowest && number <= highest)) {
        std::ostringstream why;
        why << "is " << number << ", outside " << lowest << " to " << highest;
        refuse(key, why.str());
    }
    return number;
}

std::uint64_t RecordReader::count(const std::string& key) {
    const nlohmann::json& found = value(key);
    if (!found.is_number_unsigned()) refuse(key, "is not a count");
    return found.get<std::uint64_t>();
}

std::string RecordReader::text(const std::string& key) {
    const nlohmann::json& found = value(key);
    if (!found.is_string()) refuse(key, "is not a text");
    return found.get<std::string>();
}

bool RecordReader::flag(const std::string& key) {
    const nlohmann::json& found = value(key);
    if (!found.is_boolean()) refuse(key, "is not true or false");
    return found.get<bool>();
}

RecordReader RecordReader::object(const std::string& key) {
    return {value(key), where_, place_of(key)};
}

std::vector<RecordReader> RecordReader::objects(const std::string& key) {
    const nlohmann::json& found = value(key);
    if (!found.is_array()) refuse(key, "is not a list");
    std::vector<RecordReader> records;
    for (std::size_t i = 0; i < found.size(); ++i) {
        records.emplace_back(found[i], where_, place_of(key) + "[" + std::to_string(i) + "]");
    }
    return records;
}

std::vector<double> RecordReader::numbers(const std::string& key, std::size_t size) {
    const nlohmann::json& found = value(key);
    if (!found.is_array() || found.size() != size) {
        refuse(key, "is not a list of " + std::to_string(size) + " numbers");
    }
    std::vector<double> numbers;
    for (const auto& entry : found) {
        if (!entry.is_number() || !std::isfinite(entry.get<double>())) {
            refuse(key, "holds " + entry.dump() + ", not a finite number");
        }
        numbers.push_back(entry.get<double>());
    }
    return numbers;
}

std::vector<std::string> RecordReader::keys() const {
    std::vector<std::string> keys;
    for (const auto& [key, entry] : json_.items()) keys.push_back(key);
    return keys;
}

void RecordReader::finish() const {
    for (const auto& key : keys()) {
        if (!known_.contains(key)) refuse(key, "is not known");
    }
}

}  // namespace tradewind::model
