#include "ledger/report_page.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "ledger/report_style.hpp"

namespace tradewind::ledger {
namespace {

// The picture's frame, in units of its viewBox (1000 wide).
constexpr double kLeft = 70;
constexpr double kRight = 985;
constexpr double kTop = 12;

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string with_decimals(double value, int decimals) {
    char buffer[400];
    std::snprintf(buffer, sizeof buffer, "%.*f", decimals, value);
    return buffer;
}

// 1234567.891 -> 1,234,567.89
std::string grouped(double value, int decimals = 2) {
    std::string text = with_decimals(std::fabs(value), decimals);
    auto point = text.find('.');
    if (point == std::string::npos) point = text.size();
    for (auto at = static_cast<std::ptrdiff_t>(point) - 3; at > 0; at -= 3) {
        text.insert(static_cast<std::size_t>(at), ",");
    }
    const bool zero = text.find_first_of("123456789") == std::string::npos;
    return (value < 0 && !zero ? "\xE2\x88\x92" : "") + text;
}

std::string percent(double value) {
    return grouped(value * 100) + " %";
}

const char* tone(double value) {
    return value > 0 ? "up" : value < 0 ? "down" : "";
}

double number(const std::string& text) {
    return std::strtod(text.c_str(), nullptr);
}

const std::string* find(const ReportData& data, std::string_view name) {
    for (const auto& [key, value] : data.statistics) {
        if (key == name && !value.empty()) return &value;
    }
    return nullptr;
}

// A statistic as a reader wants it: percentages, money with two decimals, the rest short.
std::string readable(const std::string& name, const std::string& value) {
    if (value.empty()) return "\xE2\x80\x93";
    for (const auto* const part : {"return", "drawdown", "volatility", "win_rate", "exposure"}) {
        if (name.find(part) != std::string::npos && name.find("days") == std::string::npos) {
            return percent(number(value));
        }
    }
    for (const auto* const part : {"equity", "notional", "fees", "financing", "expectancy"}) {
        if (name.find(part) != std::string::npos) return grouped(number(value));
    }
    if (value.find('T') != std::string::npos) return value;
    return grouped(number(value), value.find('.') == std::string::npos ? 0 : 2);
}

std::string title_case(std::string name) {
    std::replace(name.begin(), name.end(), '_', ' ');
    if (!name.empty() && name[0] >= 'a') name[0] = static_cast<char>(name[0] - 'a' + 'A');
    return name;
}

void tile(std::string& html, const char* label, const std::string& value, const char* css = "") {
    html += std::string("<li><span class=\"soft\">") + label + "</span><span class=\"value " + css +
            "\">" + value + "</span></li>\n";
}

void tiles(std::string& html, const ReportData& data) {
    html += "<ul class=\"tiles\">\n";
    const auto add = [&](const char* label, const char* name, bool coloured) {
        const auto* const value = find(data, name);
        if (value == nullptr) return tile(html, label, "\xE2\x80\x93");
        tile(html, label, readable(name, *value), coloured ? tone(number(*value)) : "");
    };
    add("Total return", "total_return", true);
    add("Annual return", "annual_return", true);
    add("Buy and hold", "benchmark_total_return", true);
    add("Sharpe", "sharpe", false);
    add("Maximal drawdown", "max_drawdown", false);
    add("Final equity", "final_equity", false);
    add("Trades", "trades", false);
    add("Win rate", "win_rate", false);
    html += "</ul>\n";
}

// A step of 1, 2 or 5 times a power of ten that divides `span` into about `parts`.
double nice_step(double span, int parts) {
    const double rough = span / parts;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (rough <= factor * power) return factor * power;
    }
    return 10 * power;
}

class Chart {
  public:
    Chart(const std::vector<CurvePoint>& points, double low, double high, double height)
        : points_(points), low_(low), high_(high), bottom_(height - 24), height_(height) {}

    [[nodiscard]] std::string x(Timestamp time) const {
        const auto first = points_.front().time;
        const auto span = std::max<std::int64_t>(points_.back().time - first, 1);
        return with_decimals(kLeft + (kRight - kLeft) * static_cast<double>(time - first) /
                                         static_cast<double>(span),
                             1);
    }
    [[nodiscard]] std::string y(double value) const {
        return with_decimals(bottom_ - (bottom_ - kTop) * (value - low_) / (high_ - low_), 1);
    }
    template <class Value>
    [[nodiscard]] std::string path(Value value) const {
        std::string path;
        for (const auto& point : points_) {
            path += (path.empty() ? "M" : "L") + x(point.time) + " " + y(value(point));
        }
        return path;
    }
    // The path closed along `base`.
    template <class Value>
    [[nodiscard]] std::string area(Value value, double base) const {
        return path(value) + "L" + x(points_.back().time) + " " + y(base) + "L" +
               x(points_.front().time) + " " + y(base) + "Z";
    }
    template <class Label>
    void axes(std::string& html, int parts, Label label) const {
        const double step = nice_step(high_ - low_, parts);
        for (double at = std::ceil(low_ / step - 1e-9) * step; at <= high_ + step * 1e-9;
             at += step) {
            html += "<line class=\"grid\" x1=\"" + with_decimals(kLeft, 0) + "\" x2=\"" +
                    with_decimals(kRight, 0) + "\" y1=\"" + y(at) + "\" y2=\"" + y(at) +
                    "\"/><text text-anchor=\"end\" x=\"" + with_decimals(kLeft - 8, 0) + "\" y=\"" +
                    with_decimals(std::strtod(y(at).c_str(), nullptr) + 4, 1) + "\">" + label(at) +
                    "</text>\n";
        }
        constexpr int kDates = 6;
        const auto first = points_.front().time;
        const auto span = points_.back().time - first;
        for (int i = 0; i < kDates; ++i) {
            const Timestamp time = first + span / (kDates - 1) * i;
            const char* const anchor = i == 0 ? "start" : i + 1 == kDates ? "end" : "middle";
            const auto text =
                span > 4 * kDay ? format_date(utc_date(time)) : format_time(time).substr(5, 11);
            html += std::string("<text text-anchor=\"") + anchor + "\" x=\"" + x(time) + "\" y=\"" +
                    with_decimals(height_ - 6, 0) + "\">" + text + "</text>\n";
        }
        html += "<line class=\"cursor\" x1=\"0\" x2=\"0\" y1=\"" + with_decimals(kTop, 0) +
                "\" y2=\"" + with_decimals(bottom_, 0) + "\"/>\n";
    }

  private:
    const std::vector<CurvePoint>& points_;
    double low_;
    double high_;
    double bottom_;
    double height_;
};

std::string open_svg(double height, const char* id, const std::string& title) {
    return std::string("<svg viewBox=\"0 0 1000 ") + with_decimals(height, 0) +
           "\" role=\"img\" aria-labelledby=\"" + id + "\"><title id=\"" + id + "\">" +
           escaped(title) + "</title>\n";
}

void equity_chart(std::string& html, const ReportData& data) {
    constexpr double kHeight = 340;
    const auto [low, high] = std::minmax_element(
        data.curve.begin(), data.curve.end(),
        [](const CurvePoint& a, const CurvePoint& b) { return a.equity < b.equity; });
    double margin = (high->equity - low->equity) * 0.06;
    if (margin <= 0) margin = std::max(std::fabs(low->equity) * 0.01, 1.0);
    const double floor = low->equity - margin;
    const Chart chart(data.curve, floor, high->equity + margin, kHeight);
    const auto value = [](const CurvePoint& point) { return point.equity; };
    html += "<figure>" + open_svg(kHeight, "equity-title",
                                  "Equity from " + grouped(data.curve.front().equity) + " to " +
                                      grouped(data.curve.back().equity));
    const int decimals = high->equity - low->equity + 2 * margin < 20 ? 2 : 0;
    chart.axes(html, 6, [&](double at) { return grouped(at, decimals); });
    html += "<path class=\"area\" d=\"" + chart.area(value, floor) + "\"/>\n";
    html += "<path class=\"curve\" d=\"" + chart.path(value) + "\"/>\n</svg></figure>\n";
}

void drawdown_chart(std::string& html, const ReportData& data) {
    constexpr double kHeight = 190;
    double deepest = 0;
    for (const auto& point : data.curve) deepest = std::max(deepest, point.drawdown);
    const double floor = deepest > 0 ? -deepest * 1.08 : -0.01;
    const Chart chart(data.curve, floor, 0, kHeight);
    html +=
        "<figure>" + open_svg(kHeight, "drawdown-title", "Drawdown, at most " + percent(deepest));
    chart.axes(html, 4, [](double at) { return percent(at); });
    html += "<path class=\"fall\" d=\"" +
            chart.area([](const CurvePoint& point) { return -point.drawdown; }, 0) +
            "\"/>\n</svg></figure>\n";
}

void charts(std::string& html, const ReportData& data) {
    html += "<section><h2>Equity</h2>\n";
    if (data.curve.size() < 2) {
        html += "<p class=\"soft\">Fewer than two bars: no curve.</p></section>\n";
        return;
    }
    equity_chart(html, data);
    html += "<p id=\"reading\" class=\"reading soft\" aria-live=\"polite\"></p>\n";
    html += "<h2>Drawdown</h2>\n";
    drawdown_chart(html, data);
    html += "</section>\n";
}

void open_table(std::string& html, const std::string& caption,
                std::initializer_list<const char*> columns) {
    html += "<table><caption>" + caption + "</caption><thead><tr>";
    for (const auto* const column : columns) {
        html += std::string("<th scope=\"col\">") + column + "</th>";
    }
    html += "</tr></thead><tbody>\n";
}

void symbol_table(std::string& html, const ReportData& data) {
    html += "<section><h2>Symbols</h2><div class=\"scroll\">\n";
    open_table(
        html, "Closed trades and costs by symbol",
        {"Symbol", "Trades", "Won", "Profit and loss", "Fees", "Financing", "Fills", "Traded"});
    for (const auto& line : data.symbols) {
        const double won =
            line.trades > 0 ? static_cast<double>(line.wins) / static_cast<double>(line.trades) : 0;
        html += "<tr><th scope=\"row\">" + escaped(line.symbol) + "</th><td>" +
                std::to_string(line.trades) + "</td><td>" +
                (line.trades > 0 ? percent(won) : std::string("\xE2\x80\x93")) +
                "</td><td class=\"" + tone(line.pnl) + "\">" + grouped(line.pnl) + "</td><td>" +
                grouped(line.fees) + "</td><td>" + grouped(line.financing) + "</td><td>" +
                std::to_string(line.fills) + "</td><td>" + grouped(line.notional) + "</td></tr>\n";
    }
    html += "</tbody></table></div>";
    if (data.symbols.empty()) html += "<p class=\"soft\">Nothing was traded.</p>";
    html += "</section>\n";
}

void trade_table(std::string& html, const ReportData& data) {
    html += "<section><h2>Trades</h2><div class=\"scroll tall\" tabindex=\"0\">\n";
    const auto shown = data.trades.size();
    open_table(html,
               shown < data.trade_count
                   ? "The newest " + std::to_string(shown) + " of " +
                         std::to_string(data.trade_count) + "; all are in trades.csv"
                   : std::to_string(shown) + " round trips, newest first",
               {"Exit", "Symbol", "Side", "Quantity", "Entry price", "Exit price",
                "Profit and loss", "Return", "Entry", "Strategy", "Reason"});
    for (auto trade = data.trades.rbegin(); trade != data.trades.rend(); ++trade) {
        const double pnl = number(trade->pnl);
        html += "<tr><td>" + trade->exit_time + "</td><td class=\"left\">" +
                escaped(trade->symbol) + "</td><td class=\"left\">" +
                (trade->side == "buy" ? "long" : "short") + "</td><td>" + trade->quantity +
                "</td><td>" + trade->entry_price + "</td><td>" + trade->exit_price +
                "</td><td class=\"" + tone(pnl) + "\">" + grouped(pnl) + "</td><td class=\"" +
                tone(pnl) + "\">" + percent(number(trade->profit_fraction)) + "</td><td>" +
                trade->entry_time + "</td><td class=\"left\">" + escaped(trade->strategy) +
                "</td><td class=\"left\">" + escaped(trade->exit_reason) + "</td></tr>\n";
    }
    html += "</tbody></table></div></section>\n";
}

void row(std::string& html, const std::string& name, const std::string& value) {
    html += "<tr><th scope=\"row\">" + name + "</th><td>" + value + "</td></tr>\n";
}

void cost_table(std::string& html, const ReportData& data) {
    html += "<section><h2>Costs</h2><table><caption>Paid over the whole run</caption><tbody>\n";
    double fees = 0;
    double financing = 0;
    double notional = 0;
    if (const auto* const value = find(data, "fees")) fees = number(*value);
    if (const auto* const value = find(data, "financing")) financing = number(*value);
    if (const auto* const value = find(data, "traded_notional")) notional = number(*value);
    row(html, "Fees", grouped(fees));
    row(html, "Financing", grouped(financing));
    row(html, "Together", grouped(fees + financing));
    row(html, "Traded notional", grouped(notional));
    row(html, "Fees per notional",
        notional > 0 ? grouped(fees / notional * 1e4) + " bp" : std::string("\xE2\x80\x93"));
    html += "</tbody></table>\n";
    if (!data.outcomes.empty()) {
        html +=
            "<h2 style=\"margin-top:20px\">Decisions</h2><table><caption>By outcome</caption>"
            "<tbody>\n";
        for (const auto& [outcome, count] : data.outcomes) {
            row(html, escaped(outcome), std::to_string(count));
        }
        html += "</tbody></table>\n";
    }
    html += "</section>\n";
}

void statistics_table(std::string& html, const ReportData& data) {
    html +=
        "<section><h2>Statistics</h2><table><caption>Definitions: tradewind report --help"
        "</caption><tbody>\n";
    for (const auto& [name, value] : data.statistics) {
        row(html, escaped(title_case(name)), escaped(readable(name, value)));
    }
    html += "</tbody></table></section>\n";
}

void fact_table(std::string& html, const ReportData& data) {
    html += "<section><h2>Run</h2><table class=\"wide\"><caption>From run.json</caption><tbody>\n";
    for (const auto& [name, value] : data.facts) row(html, escaped(name), escaped(value));
    html += "</tbody></table>\n";
    if (!data.notes.empty()) {
        html += "<h2 style=\"margin-top:20px\">Notes</h2><ul>\n";
        for (const auto& note : data.notes) html += "<li>" + escaped(note) + "</li>\n";
        html += "</ul>\n";
    }
    html += "</section>\n";
}

void script(std::string& html, const ReportData& data) {
    html += "<script type=\"application/json\" id=\"points\">[";
    bool first = true;
    for (const auto& point : data.curve) {
        html += (first ? "[" : ",[") + std::to_string(point.time.ns / kSecond) + "," +
                with_decimals(point.equity, 2) + "," + with_decimals(point.drawdown, 5) + "]";
        first = false;
    }
    html += "]</script>\n<script>var LEFT=" + with_decimals(kLeft, 0) +
            ",RIGHT=" + with_decimals(kRight, 0) + ";" + kReportScript + "</script>\n";
}

}  // namespace

std::string render_page(const ReportData& data) {
    const std::string name = data.title.empty() ? "run" : data.title;
    std::string html =
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
        "<link rel=\"icon\" href=\"data:,\">\n<title>" +
        escaped(name) + " \xC2\xB7 tradewind</title>\n<style>" + kReportStyle +
        "</style></head>\n<body><header><h1>" + escaped(name) + "</h1>\n";
    if (!data.curve.empty()) {
        html += "<p class=\"soft\">" + format_time(data.curve.front().time) + " to " +
                format_time(data.curve.back().time) + " \xC2\xB7 " +
                std::to_string(data.symbols.size()) + " symbols traded</p>\n";
    }
    html += "</header>\n<main>\n";
    tiles(html, data);
    charts(html, data);
    symbol_table(html, data);
    trade_table(html, data);
    html += "<div class=\"pair\">\n";
    statistics_table(html, data);
    cost_table(html, data);
    html += "</div>\n";
    fact_table(html, data);
    html +=
        "</main>\n<footer>Made by tradewind. Every number is in the files beside this page; "
        "tradewind verify checks them.</footer>\n";
    script(html, data);
    return html + "</body></html>\n";
}

}  // namespace tradewind::ledger
