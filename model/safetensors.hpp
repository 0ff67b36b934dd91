// Reading and writing of safetensors files: the format of model weights and of tensor files.
//
// A file is an 8-byte little-endian header length, a JSON header (name -> dtype, shape,
// data_offsets, optional string map `__metadata__`) and the bytes. SafeTensors maps the file and
// checks everything before it hands out a view: header length, types, shape products (overflow),
// length of every tensor, bounds, overlap, holes. Views point into the mapping and live as long as
// the SafeTensors they came from. Immutable after opening, so any thread may read.
//
// Errors: tradewind::Error of kind data, naming file, tensor and reason. Source: forecast-models
// spec 0.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tradewind::model {

enum class Dtype : std::uint8_t { f64, f32, f16, bf16, i64, boolean, u8 };
[[nodiscard]] std::size_t size_of(Dtype dtype);  // bytes of one value
[[nodiscard]] const char* name_of(Dtype dtype);  // "F32", ...
[[nodiscard]] bool is_floating(Dtype dtype);

using Shape = std::vector<std::int64_t>;                // row-major; empty: a scalar
[[nodiscard]] std::string to_text(const Shape& shape);  // "[2, 5, 256]"

// The number of values of a shape. Throws Error (data) on a negative size or an overflow.
[[nodiscard]] std::int64_t value_count(const Shape& shape);

// One tensor inside a mapped file. Bytes need not be aligned: read through the copies below.
struct TensorView {
    Dtype dtype = Dtype::f32;
    Shape shape;
    std::span<const std::byte> bytes;

    [[nodiscard]] std::int64_t count() const {
        return static_cast<std::int64_t>(bytes.size() / size_of(dtype));
    }
    // Copies, converted: floating types to double or float (F64 to float rounds), whole types to
    // int64, boolean and u8 to bytes 0 or 1. Throw Error (data) for another dtype.
    [[nodiscard]] std::vector<double> to_double() const;
    [[nodiscard]] std::vector<float> to_float() const;
    [[nodiscard]] std::vector<std::int64_t> to_int64() const;
    [[nodiscard]] std::vector<std::uint8_t> to_mask() const;
};

class SafeTensors {
  public:
    // Maps one file. Throws Error (data) when it cannot be opened or is malformed.
    [[nodiscard]] static SafeTensors open(const std::string& path);
    // Checks bytes in memory that outlive the result; `where` names them in errors.
    [[nodiscard]] static SafeTensors parse(std::span<const std::byte> bytes,
                                           const std::string& where);
    // The weights of a checkpoint folder: `model.safetensors`, or the shards that
    // `model.safetensors.index.json` names (no path separators, no "..", every listed tensor in
    // its shard, no tensor twice).
    [[nodiscard]] static SafeTensors open_checkpoint(const std::string& directory);

    [[nodiscard]] const std::map<std::string, TensorView, std::less<>>& tensors() const {
        return tensors_;
    }
    [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return metadata_; }
    [[nodiscard]] const TensorView* find(std::string_view name) const;  // nullptr: absent
    [[nodiscard]] const TensorView& at(std::string_view name) const;    // throws Error (data)
    [[nodiscard]] const std::string& where() const { return where_; }
    [[nodiscard]] std::uint64_t file_bytes() const { return file_bytes_; }
    // SHA-256 over the files' bytes in shard order and then `suffix`, lower-case hex.
    [[nodiscard]] std::string sha256(std::string_view suffix = {}) const;

  private:
    struct Mapping;
    void add(std::span<const std::byte> bytes, const std::string& where);

    std::vector<std::shared_ptr<const Mapping>> mappings_;
    std::vector<std::span<const std::byte>> files_;
    std::map<std::string, TensorView, std::less<>> tensors_;
    std::map<std::string, std::string> metadata_;
    std::string where_;
    std::uint64_t file_bytes_ = 0;
};

// Collects tensors and writes them as one file, names in order, data aligned to 8 bytes from the
// start of the file. Equal content gives equal bytes.
class SafeTensorsWriter {
  public:
    void set_metadata(const std::string& key, const std::string& value);
    void add(const std::string& name, const Shape& shape, std::span<const float> values);
    void add(const std::string& name, const Shape& shape, std::span<const double> values);
    void add(const std::string& name, const Shape& shape, std::span<const std::int64_t> values);
    void add(const std::string& name, const Shape& shape, std::span<const std::uint8_t> values);
    // Raw bytes of any type, for example F16 weights.
    void add(const std::string& name, Dtype dtype, const Shape& shape,
             std::span<const std::byte> bytes);

    [[nodiscard]] std::string to_bytes() const;
    // Writes beside `path`, then renames, so the file appears complete or not at all. Throws Error
    // (usage) when the path cannot be written.
    void write(const std::string& path) const;

  private:
    struct Entry {
        Dtype dtype;
        Shape shape;
        std::string bytes;
    };
    std::map<std::string, Entry> entries_;
    std::map<std::string, std::string> metadata_;
};

}  // namespace tradewind::model
