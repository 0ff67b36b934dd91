#include "market/catalog/mktd_panel.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "market/catalog/series_builder.hpp"
#include "messages/error.hpp"

namespace tradewind::market {
namespace {

static_assert(std::endian::native == std::endian::little, "the panel is little-endian");

constexpr std::size_t kHeaderBytes = 64;
constexpr std::size_t kNameBytes = 16;
constexpr std::uint64_t kFeatures = 16;
constexpr std::uint64_t kPrices = 5;

template <class T>
T load(std::string_view bytes, std::size_t at) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

// The shortest decimal that gives the float is what was meant.
std::optional<double> meant(float value) {
    if (!std::isfinite(value)) return std::nullopt;
    char text[64];
    const auto end = std::to_chars(text, text + sizeof text, value);
    double result = 0;
    std::from_chars(text, end.ptr, result);
    return result;
}

class Panel {
  public:
    Panel(std::string_view bytes, const std::string& path) : bytes_(bytes), path_(path) {
        if (bytes.size() < kHeaderBytes || !bytes.starts_with("MKTD")) {
            fail("it is no MKTD panel");
        }
        if (load<std::uint32_t>(bytes, 4) != 2) fail("its version is not 2");
        symbols_ = load<std::uint32_t>(bytes, 8);
        days_ = load<std::uint32_t>(bytes, 12);
        if (load<std::uint32_t>(bytes, 16) != kFeatures ||
            load<std::uint32_t>(bytes, 20) != kPrices) {
            fail("it does not have 16 features and 5 prices");
        }
        const uint128 cells = static_cast<uint128>(symbols_) * days_;
        const uint128 size = kHeaderBytes + kNameBytes * static_cast<uint128>(symbols_) +
                             cells * (4 * (kFeatures + kPrices) + 1);
        if (symbols_ == 0 || days_ == 0 || days_ > 100'000 || size != bytes.size()) {
            fail("its size does not fit its header");
        }
        prices_at_ = kHeaderBytes + kNameBytes * symbols_ + 4 * kFeatures * symbols_ * days_;
        mask_at_ = prices_at_ + 4 * kPrices * symbols_ * days_;
    }

    [[nodiscard]] std::uint64_t symbols() const { return symbols_; }
    [[nodiscard]] std::uint64_t days() const { return days_; }

    [[nodiscard]] Symbol symbol(std::uint64_t s) const {
        auto name = bytes_.substr(kHeaderBytes + kNameBytes * s, kNameBytes);
        name = name.substr(0, name.find('\0'));
        if (!Symbol::valid(name)) fail("the name of symbol " + std::to_string(s) + " is no symbol");
        return Symbol(name);
    }
    [[nodiscard]] bool traded(std::uint64_t day, std::uint64_t s) const {
        return bytes_[mask_at_ + day * symbols_ + s] != 0;
    }
    // Null: `row` was read. Else what is wrong with it.
    const char* read(std::uint64_t day, std::uint64_t s, RawRow& row) const {
        Price* const prices[] = {&row.open, &row.high, &row.low, &row.close};
        const std::size_t at = prices_at_ + 4 * kPrices * (day * symbols_ + s);
        for (std::size_t i = 0; i < 4; ++i) {
            const auto value = meant(load<float>(bytes_, at + 4 * i));
            if (!value || std::fabs(*value) > 9e9) return "price is not finite or out of range";
            *prices[i] = price_of(*value);
        }
        const auto volume = meant(load<float>(bytes_, at + 16));
        if (!volume) return "volume is not finite";
        row.volume = *volume;
        return nullptr;
    }

  private:
    [[noreturn]] void fail(const std::string& why) const {
        throw Error(ErrorKind::data, "MKTD panel", path_, why);
    }

    std::string_view bytes_;
    const std::string& path_;
    std::uint64_t symbols_ = 0;
    std::uint64_t days_ = 0;
    std::size_t prices_at_ = 0;
    std::size_t mask_at_ = 0;
};

}  // namespace

ImportedFile read_mktd_panel(std::string_view bytes, const std::string& path,
                             const ImportOptions& options) {
    const Panel panel(bytes, path);
    if (!options.panel_start) {
        throw Error(ErrorKind::usage, "MKTD panel", path, "the file holds no dates",
                    "give the date of its first day");
    }
    ImportedFile file;
    file.format = ImportFormat::f7;
    file.report.path = path;
    file.report.bytes = bytes.size();
    file.report.sha256 = sha256_of(bytes);
    ReadOptions read;
    read.instruments = options.instruments;
    FileBuilders builders(read, true);
    for (std::uint64_t s = 0; s < panel.symbols(); ++s) {
        const Symbol symbol = panel.symbol(s);
        auto& builder = builders.of(symbol);
        for (std::uint64_t day = 0; day < panel.days(); ++day) {
            if (!panel.traded(day, s)) continue;
            const Date date = *options.panel_start + static_cast<std::int32_t>(day);
            RawRow row;
            row.time = utc_midnight(date);
            const char* reason = panel.read(day, s, row);
            if (reason == nullptr) reason = builder.add(row);
            if (reason == nullptr) {
                ++file.report.rows;
                continue;
            }
            refuse_row(file.report, day + 1,
                       symbol.to_string() + " " + format_date(date) + ": " + reason,
                       OnBadRow::skip);
        }
    }
    for (auto& finished : builders.finish(path)) file.series.push_back(std::move(finished.series));
    std::sort(file.series.begin(), file.series.end(),
              [](const BarSeriesPtr& a, const BarSeriesPtr& b) { return a->symbol < b->symbol; });
    return file;
}

}  // namespace tradewind::market
