#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "messages/error.hpp"
#include "model/safetensors.hpp"

namespace tradewind::model {

namespace {

static_assert(std::endian::native == std::endian::little, "safetensors values are little-endian");

constexpr std::uint64_t kMaximumHeaderBytes = 100'000'000;

[[noreturn]] void refuse(const std::string& what, const std::string& where,
                         const std::string& why) {
    throw Error(ErrorKind::data, what, where, why, "take a fresh copy of the file");
}

Dtype dtype_of(const std::string& text, const std::string& tensor, const std::string& where) {
    for (const Dtype dtype :
         {Dtype::f64, Dtype::f32, Dtype::f16, Dtype::bf16, Dtype::i64, Dtype::boolean, Dtype::u8}) {
        if (text == name_of(dtype)) return dtype;
    }
    refuse("tensor " + tensor, where, "dtype `" + text + "` is not supported");
}

std::uint64_t whole_number(const nlohmann::json& value, const std::string& tensor,
                           const std::string& where) {
    if (!value.is_number_unsigned()) {
        refuse("tensor " + tensor, where, "a size or offset is not a whole number from 0 on");
    }
    return value.get<std::uint64_t>();
}

// The header as JSON, refusing a name that stands twice (a parser would silently keep the last).
nlohmann::json parse_header(std::string_view text, const std::string& where) {
    std::vector<std::set<std::string>> names;
    const auto callback = [&](int depth, nlohmann::json::parse_event_t event,
                              nlohmann::json& value) {
        using Event = nlohmann::json::parse_event_t;
        if (depth > 4) refuse("safetensors header", where, "nested too deep");
        if (event == Event::object_start) names.emplace_back();
        if (event == Event::object_end) names.pop_back();
        if (event == Event::key && !names.back().insert(value.get<std::string>()).second) {
            refuse("safetensors header", where, "`" + value.get<std::string>() + "` stands twice");
        }
        return true;
    };
    try {
        return nlohmann::json::parse(text.begin(), text.end(), callback);
    } catch (const nlohmann::json::exception& error) {
        refuse("safetensors header", where, error.what());
    }
}

float half_to_float(std::uint16_t bits) {
    const std::uint32_t sign = (bits & 0x8000U) << 16U;
    const std::uint32_t exponent = (bits >> 10U) & 0x1FU;
    const std::uint32_t fraction = bits & 0x3FFU;
    if (exponent == 0) {
        const float magnitude = std::ldexp(static_cast<float>(fraction), -24);
        return sign != 0 ? -magnitude : magnitude;
    }
    const std::uint32_t wide = exponent == 31 ? 0xFFU : exponent + 112U;
    return std::bit_cast<float>(sign | (wide << 23U) | (fraction << 13U));
}

template <class Stored>
Stored load(std::span<const std::byte> bytes, std::size_t index) {
    Stored value;
    std::memcpy(&value, bytes.data() + index * sizeof(Stored), sizeof(Stored));
    return value;
}

template <class Value>
std::vector<Value> floating_copy(const TensorView& view) {
    const auto count = static_cast<std::size_t>(view.count());
    std::vector<Value> values(count);
    for (std::size_t i = 0; i < count; ++i) {
        switch (view.dtype) {
            case Dtype::f64:
                values[i] = static_cast<Value>(load<double>(view.bytes, i));
                break;
            case Dtype::f32:
                values[i] = static_cast<Value>(load<float>(view.bytes, i));
                break;
            case Dtype::f16:
                values[i] = static_cast<Value>(half_to_float(load<std::uint16_t>(view.bytes, i)));
                break;
            case Dtype::bf16:
                values[i] = static_cast<Value>(std::bit_cast<float>(
                    static_cast<std::uint32_t>(load<std::uint16_t>(view.bytes, i)) << 16U));
                break;
            default:
                throw Error(
                    ErrorKind::data, "tensor", "",
                    std::string("has dtype ") + name_of(view.dtype) + ", wanted a floating type");
        }
    }
    return values;
}

}  // namespace

std::size_t size_of(Dtype dtype) {
    switch (dtype) {
        case Dtype::f64:
        case Dtype::i64:
            return 8;
        case Dtype::f32:
            return 4;
        case Dtype::f16:
        case Dtype::bf16:
            return 2;
        case Dtype::boolean:
        case Dtype::u8:
            return 1;
    }
    return 1;
}

const char* name_of(Dtype dtype) {
    constexpr const char* kNames[] = {"F64", "F32", "F16", "BF16", "I64", "BOOL", "U8"};
    return kNames[static_cast<std::size_t>(dtype)];
}

bool is_floating(Dtype dtype) {
    return dtype == Dtype::f64 || dtype == Dtype::f32 || dtype == Dtype::f16 ||
           dtype == Dtype::bf16;
}

std::string to_text(const Shape& shape) {
    std::string text = "[";
    for (const std::int64_t size : shape) {
        if (text.size() > 1) text += ", ";
        text += std::to_string(size);
    }
    return text + "]";
}

std::int64_t value_count(const Shape& shape) {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) {
        if (size < 0) {
            throw Error(ErrorKind::data, "shape " + to_text(shape), "", "a size is negative");
        }
        // Checked also behind a zero: a product that overflows before it is no honest shape.
        if (size != 0 && count > std::numeric_limits<std::int64_t>::max() / size) {
            throw Error(ErrorKind::data, "shape " + to_text(shape), "", "its product overflows");
        }
        count *= size;
    }
    return count;
}

std::vector<double> TensorView::to_double() const {
    return floating_copy<double>(*this);
}
std::vector<float> TensorView::to_float() const {
    return floating_copy<float>(*this);
}

std::vector<std::int64_t> TensorView::to_int64() const {
    if (dtype != Dtype::i64) {
        throw Error(ErrorKind::data, "tensor", "",
                    std::string("has dtype ") + name_of(dtype) + ", wanted I64");
    }
    std::vector<std::int64_t> values(static_cast<std::size_t>(count()));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

std::vector<std::uint8_t> TensorView::to_mask() const {
    if (dtype != Dtype::u8 && dtype != Dtype::boolean) {
        throw Error(ErrorKind::data, "tensor", "",
                    std::string("has dtype ") + name_of(dtype) + ", wanted BOOL or U8");
    }
    std::vector<std::uint8_t> values(bytes.size());
    std::transform(bytes.begin(), bytes.end(), values.begin(),
                   [](std::byte b) { return static_cast<std::uint8_t>(b != std::byte{0}); });
    return values;
}

struct SafeTensors::Mapping {
    explicit Mapping(const std::string& path) {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0) {
            throw Error(ErrorKind::data, "cannot open safetensors file", path,
                        std::strerror(errno));
        }
        struct stat status {};
        const bool regular = ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
        if (regular && status.st_size > 0) {
            size = static_cast<std::size_t>(status.st_size);
            data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
        }
        ::close(file);
        if (!regular) refuse("safetensors file", path, "is not a regular file");
        if (size == 0) refuse("safetensors file", path, "is empty");
        if (data == MAP_FAILED) {
            throw Error(ErrorKind::data, "cannot map safetensors file", path, std::strerror(errno));
        }
    }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping() {
        if (data != nullptr && data != MAP_FAILED) ::munmap(data, size);
    }

    void* data = nullptr;
    std::size_t size = 0;
};

namespace {

TensorView parse_tensor(const std::string& name, const nlohmann::json& entry,
                        std::span<const std::byte> data, const std::string& where) {
    const std::string what = "tensor " + name;
    if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") ||
        !entry.contains("shape") || !entry.contains("data_offsets")) {
        refuse(what, where, "its entry is not {dtype, shape, data_offsets}");
    }
    if (!entry["dtype"].is_string()) refuse(what, where, "dtype is not a text");
    if (!entry["shape"].is_array()) refuse(what, where, "shape is not a list");
    const nlohmann::json& offsets = entry["data_offsets"];
    if (!offsets.is_array() || offsets.size() != 2) {
        refuse(what, where, "data_offsets is not a pair");
    }
    TensorView view;
    view.dtype = dtype_of(entry["dtype"].get<std::string>(), name, where);
    for (const nlohmann::json& size : entry["shape"]) {
        const std::uint64_t value = whole_number(size, name, where);
        if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
            refuse(what, where, "a size overflows");
        }
        view.shape.push_back(static_cast<std::int64_t>(value));
    }
    const std::uint64_t begin = whole_number(offsets[0], name, where);
    const std::uint64_t end = whole_number(offsets[1], name, where);
    if (begin > end || end > data.size()) {
        refuse(what, where, "its bytes lie outside the file (truncated?)");
    }
    std::int64_t count = 0;
    try {
        count = value_count(view.shape);
    } catch (const Error& error) {
        refuse(what, where, error.what());
    }
    if (static_cast<std::uint64_t>(count) > (end - begin) / size_of(view.dtype) ||
        static_cast<std::uint64_t>(count) * size_of(view.dtype) != end - begin) {
        refuse(what, where,
               "shape " + to_text(view.shape) + " of " + name_of(view.dtype) +
                   " does not fit its " + std::to_string(end - begin) + " bytes");
    }
    view.bytes = data.subspan(begin, end - begin);
    return view;
}

// Tensors cover the data area exactly: no two share a byte, no byte is left over.
void check_coverage(const std::map<std::string, TensorView>& tensors,
                    std::span<const std::byte> data, const std::string& where) {
    std::vector<std::pair<std::span<const std::byte>, const std::string*>> ranges;
    for (const auto& [name, view] : tensors) {
        if (!view.bytes.empty()) ranges.emplace_back(view.bytes, &name);
    }
    std::sort(ranges.begin(), ranges.end(),
              [](const auto& a, const auto& b) { return a.first.data() < b.first.data(); });
    const std::byte* expected = data.data();
    for (const auto& [bytes, name] : ranges) {
        if (bytes.data() < expected) refuse("tensor " + *name, where, "overlaps another tensor");
        if (bytes.data() > expected) {
            refuse("tensor " + *name, where, "bytes before it belong to no tensor");
        }
        expected = bytes.data() + bytes.size();
    }
    if (expected != data.data() + data.size()) {
        refuse("safetensors file", where, "bytes at its end belong to no tensor");
    }
}

}  // namespace

void SafeTensors::add(std::span<const std::byte> bytes, const std::string& where) {
    if (bytes.size() < 8) refuse("safetensors file", where, "is shorter than its length field");
    const auto header_bytes = load<std::uint64_t>(bytes, 0);
    if (header_bytes > kMaximumHeaderBytes || header_bytes > bytes.size() - 8) {
        refuse("safetensors file", where,
               "header length " + std::to_string(header_bytes) + " exceeds the file or the limit");
    }
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + 8, header_bytes);
    const nlohmann::json header = parse_header(text, where);
    if (!header.is_object()) refuse("safetensors header", where, "is not an object");

    const std::span<const std::byte> data = bytes.subspan(8 + header_bytes);
    std::map<std::string, TensorView> found;
    for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__") {
            if (!entry.is_object()) refuse("__metadata__", where, "is not an object");
            for (const auto& [key, value] : entry.items()) {
                if (!value.is_string()) refuse("__metadata__ " + key, where, "is not a text");
                metadata_[key] = value.get<std::string>();
            }
            continue;
        }
        found.emplace(name, parse_tensor(name, entry, data, where));
    }
    check_coverage(found, data, where);
    for (auto& [name, view] : found) {
        if (!tensors_.emplace(name, std::move(view)).second) {
            refuse("tensor " + name, where, "stands in two files");
        }
    }
    files_.push_back(bytes);
    file_bytes_ += bytes.size();
}

SafeTensors SafeTensors::parse(std::span<const std::byte> bytes, const std::string& where) {
    SafeTensors result;
    result.where_ = where;
    result.add(bytes, where);
    return result;
}

SafeTensors SafeTensors::open(const std::string& path) {
    SafeTensors result;
    result.where_ = path;
    const auto mapping = std::make_shared<const Mapping>(path);
    result.mappings_.push_back(mapping);
    result.add({static_cast<const std::byte*>(mapping->data), mapping->size}, path);
    return result;
}

SafeTensors SafeTensors::open_checkpoint(const std::string& directory) {
    const std::filesystem::path folder(directory);
    const std::filesystem::path index = folder / "model.safetensors.index.json";
    if (!std::filesystem::exists(index)) return open((folder / "model.safetensors").string());

    const std::string where = index.string();
    const Mapping text(where);
    const nlohmann::json json =
        parse_header({static_cast<const char*>(text.data), text.size}, where);
    if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object()) {
        refuse("checkpoint index", where, "has no weight_map");
    }
    std::map<std::string, std::set<std::string>> shards;
    for (const auto& [name, file] : json["weight_map"].items()) {
        if (!file.is_string()) refuse("tensor " + name, where, "its shard is not a file name");
        const auto shard = file.get<std::string>();
        if (shard.empty() || shard == "." || shard.find("..") != std::string::npos ||
            shard.find_first_of(std::string("/\\\0", 3)) != std::string::npos) {
            refuse("tensor " + name, where, "shard `" + shard + "` is not a plain file name");
        }
        shards[shard].insert(name);
    }
    if (shards.empty()) refuse("checkpoint index", where, "lists no tensor");

    SafeTensors result;
    result.where_ = directory;
    for (const auto& [shard, names] : shards) {
        const std::string path = (folder / shard).string();
        const auto mapping = std::make_shared<const Mapping>(path);
        result.mappings_.push_back(mapping);
        const std::size_t before = result.tensors_.size();
        result.add({static_cast<const std::byte*>(mapping->data), mapping->size}, path);
        for (const std::string& name : names) {
            if (result.find(name) == nullptr) {
                refuse("tensor " + name, path, "the index names it here, but it is missing");
            }
        }
        if (result.tensors_.size() - before != names.size()) {
            refuse("checkpoint shard", path, "holds tensors that the index does not place here");
        }
    }
    return result;
}

const TensorView* SafeTensors::find(std::string_view name) const {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
}

const TensorView& SafeTensors::at(std::string_view name) const {
    const TensorView* view = find(name);
    if (view == nullptr) {
        throw Error(ErrorKind::data, "tensor " + std::string(name), where_, "is missing");
    }
    return *view;
}

std::string SafeTensors::sha256(std::string_view suffix) const {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                    &EVP_MD_CTX_free);
    EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
    for (const std::span<const std::byte> bytes : files_) {
        EVP_DigestUpdate(context.get(), bytes.data(), bytes.size());
    }
    EVP_DigestUpdate(context.get(), suffix.data(), suffix.size());
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    EVP_DigestFinal_ex(context.get(), digest.data(), &length);
    std::string text;
    for (unsigned i = 0; i < length; ++i) {
        constexpr char kDigits[] = "0123456789abcdef";
        text += kDigits[digest[i] >> 4U];
        text += kDigits[digest[i] & 15U];
    }
    return text;
}

}  // namespace tradewind::model
