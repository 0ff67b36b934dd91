// Strict reading of the small JSON records of data/model: every key is asked for by name, type and
// range, and finish() refuses those nobody asked for. Errors: Error (data) with the place inside
// the file, as `classes.daily_stocks.channels.close`. One thread; refers to the JSON given to it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace tradewind::model {

// The text as a JSON object. Keys that stand twice are refused.
[[nodiscard]] nlohmann::json parse_record(const std::string& text, const std::string& where);

// The text of a file. Error (data) when it is missing, empty or unreadable.
[[nodiscard]] std::string read_record_text(const std::string& path);

// Writes beside `path` and renames, so that the file is whole or the old one. Error (usage).
void write_record_text(const std::string& path, const std::string& text);

class RecordReader {
  public:
    // `place` of the root is empty.
    RecordReader(const nlohmann::json& json, std::string where, std::string place = {});

    [[noreturn]] void refuse(const std::string& key, const std::string& why) const;

    // The first keys of a record: what it is and which version of that.
    void expect_format(const std::string& format, std::int64_t version);

    [[nodiscard]] bool has(const std::string& key) const { return json_.contains(key); }
    double number(const std::string& key, double lowest, double highest);
    std::uint64_t count(const std::string& key);
    std::string text(const std::string& key);
    bool flag(const std::string& key);
    RecordReader object(const std::string& key);
    std::vector<RecordReader> objects(const std::string& key);  // an array of objects
    std::vector<double> numbers(const std::string& key, std::size_t size);
    [[nodiscard]] std::vector<std::string> keys() const;

    void finish() const;

  private:
    const nlohmann::json& value(const std::string& key);
    [[nodiscard]] std::string place_of(const std::string& key) const;

    const nlohmann::json& json_;
    std::string where_;
    std::string place_;
    std::set<std::string> known_;
};

}  // namespace tradewind::model
