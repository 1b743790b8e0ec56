#include "service/fetching/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <limits>
#include <numeric>

#include "base/json.h"
#include "base/text.h"
#include "service/fetching/names.h"

namespace dray::fetching {
namespace {

constexpr std::size_t kMostEntries = 20'000'000;
constexpr std::size_t kLongestName = 65'535;

Error bad_manifest(std::string_view why) {
  return {Code::corrupt, fmt::format("the server's manifest cannot be used: {}", why)};
}

std::optional<std::uint32_t> parse_crc32(std::string_view hex) {
  auto bytes = parse_hex(hex);
  if (!bytes || bytes->size() != 4) return std::nullopt;
  std::uint32_t value = 0;
  for (auto byte : *bytes) value = value << 8 | std::to_integer<std::uint32_t>(byte);
  return value;
}

// An entry whose members are still coming.
struct Draft {
  std::string name;
  std::optional<ByteCount> offset, size;
  std::optional<std::uint32_t> crc32;
  std::optional<Sha256> sha256;
  std::optional<Seconds> modified;
};

}  // namespace

// The manifest is an object with an array "entries" of flat objects; `depth_` tells where we are: 1 in the object, 2 in
// the array, 3 in an entry. Whatever else is nested is skipped.
class ManifestReader::Handler {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = 1024;
  static constexpr std::size_t max_string_size = 1024 * 1024;
  using error_code = boost::system::error_code;
  using string_view = json::string_view;

  Manifest manifest;
  std::string problem;
  std::optional<std::string> etag;
  std::optional<ByteCount> size;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) {
    ++depth_;
    if (depth_ == 3 && in_entries_) draft_ = {};
    return true;
  }
  bool on_object_end(std::size_t, error_code& ec) {
    if (depth_-- != 3 || !in_entries_) return true;
    return keep_draft() || fail(ec);
  }
  bool on_array_begin(error_code&) {
    ++depth_;
    if (depth_ == 2 && key_ == "entries") in_entries_ = true;
    return true;
  }
  bool on_array_end(std::size_t, error_code&) {
    if (depth_-- == 2) in_entries_ = false;
    return true;
  }
  bool on_key_part(string_view part, std::size_t, error_code&) { return take(part); }
  bool on_key(string_view part, std::size_t, error_code&) {
    take(part);
    key_.swap(text_);
    text_.clear();
    return true;
  }
  bool on_string_part(string_view part, std::size_t, error_code&) { return take(part); }
  bool on_string(string_view part, std::size_t, error_code& ec) {
    take(part);
    bool kept = depth_ == 3 && in_entries_ ? set_entry_text() : depth_ != 1 || set_text();
    text_.clear();
    return kept || fail(ec);
  }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t value, string_view, error_code& ec) {
    if (value >= 0) return on_uint64(static_cast<std::uint64_t>(value), {}, ec);
    return true;
  }
  bool on_uint64(std::uint64_t value, string_view, error_code&) {
    if (depth_ == 1 && key_ == "size") size = value;
    if (depth_ == 3 && in_entries_ && key_ == "size") draft_.size = value;
    if (depth_ == 3 && in_entries_ && key_ == "offset") draft_.offset = value;
    return true;
  }
  bool on_double(double, string_view, error_code&) { return true; }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

 private:
  bool take(string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool fail(error_code& ec) {
    ec = make_error_code(boost::system::errc::invalid_argument);
    return false;
  }
  bool refuse(std::string why) {
    problem = std::move(why);
    return false;
  }

  bool set_text() {
    if (key_ == "name") manifest.name = text_;
    if (key_ == "etag") etag = strong_etag(text_);
    return true;
  }

  bool set_entry_text() {
    if (key_ == "name") draft_.name = text_;
    if (key_ == "crc32") draft_.crc32 = parse_crc32(text_);
    if (key_ == "sha256") draft_.sha256 = parse_sha256(text_);
    if (key_ == "modified") draft_.modified = parse_utc(text_);
    return true;
  }

  bool keep_draft() {
    if (draft_.name.empty() || draft_.name.size() > kLongestName)
      return refuse("an entry has no name, or far too long a one");
    bool is_directory = draft_.name.ends_with('/');
    auto size = draft_.size.value_or(0);
    if (is_directory && size != 0) return refuse("a folder has bytes");
    if (!is_directory && (!draft_.size || !draft_.offset || !draft_.crc32 || !draft_.sha256)) {
      return refuse(
          fmt::format("size, offset, crc32 or sha256 of \"{}\" is missing or malformed", printable(draft_.name)));
    }
    if (manifest.records_.size() >= kMostEntries) return refuse("it has too many entries");
    if (manifest.names_.size() + draft_.name.size() > UINT32_MAX) return refuse("its names are too long");
    if (size == 0)
      draft_.offset = 0;  // where nothing lies means nothing; so empty entries come first and order the rest alone
    auto modified = draft_.modified ? draft_.modified->time_since_epoch().count() : Manifest::kUnknown;
    manifest.records_.push_back({{draft_.offset.value_or(0), size},
                                 draft_.sha256.value_or(Sha256{}),
                                 modified,
                                 draft_.crc32.value_or(0),
                                 static_cast<std::uint32_t>(manifest.names_.size()),
                                 static_cast<std::uint16_t>(draft_.name.size())});
    manifest.names_ += draft_.name;
    return true;
  }

  int depth_ = 0;
  bool in_entries_ = false;
  std::string key_, text_;
  Draft draft_;
};

struct ManifestReader::Parser {
  json::basic_parser<Handler> parser{json::parse_options{}};
};

ManifestReader::ManifestReader() : parser_(std::make_unique<Parser>()) {}
ManifestReader::~ManifestReader() = default;

Result<void> ManifestReader::read(std::string_view piece) {
  boost::system::error_code ec;
  auto& parser = parser_->parser;
  auto taken = parser.write_some(true, piece.data(), piece.size(), ec);
  if (!parser.handler().problem.empty()) return bad_manifest(parser.handler().problem);
  if (ec) return bad_manifest(ec.message());
  if (trim(piece.substr(taken)).find_first_not_of("\r\n \t") != std::string_view::npos)
    return bad_manifest("something follows its end");
  return ok();
}

Result<Manifest> ManifestReader::finish() {
  boost::system::error_code ec;
  auto& parser = parser_->parser;
  if (!parser.done()) parser.write_some(false, "", 0, ec);
  if (ec) return bad_manifest("it is cut short");
  auto& handler = parser.handler();
  if (!handler.etag || !handler.size) return bad_manifest("its etag or size is missing");
  auto manifest = std::move(handler.manifest);
  manifest.artifact = {*handler.etag, *handler.size};
  auto& records = manifest.records_;
  std::stable_sort(records.begin(), records.end(), [](const auto& a, const auto& b) {
    return std::pair(a.data.offset, a.data.length) < std::pair(b.data.offset, b.data.length);
  });
  ByteCount end = 0;
  for (const auto& record : records) {
    if (record.data.length == 0) continue;
    if (record.data.offset < end) return bad_manifest("entries share bytes");
    if (record.data.length > *handler.size || record.data.offset > *handler.size - record.data.length) {
      return bad_manifest("an entry lies beyond the end of the file");
    }
    end = record.data.end();
  }
  records.shrink_to_fit();
  return manifest;
}

ManifestEntry Manifest::entry(std::size_t index) const {
  const auto& record = records_[index];
  auto name = std::string_view(names_).substr(record.name_offset, record.name_size);
  std::optional<Seconds> modified;
  if (record.modified != kUnknown) modified = Seconds(std::chrono::seconds(record.modified));
  return {name, record.data, record.crc32, record.sha256, modified};
}

// The data of an archive's entry never begin at 0, since its header stands before them.
bool Manifest::is_bare() const {
  return records_.size() == 1 && !entry(0).is_directory() && records_[0].data == ByteRange{0, artifact.size};
}

std::size_t Manifest::find_by_offset(ByteCount offset) const {
  auto found = std::upper_bound(records_.begin(), records_.end(), offset,
                                [](ByteCount at, const Record& record) { return at < record.data.end(); });
  return static_cast<std::size_t>(found - records_.begin());
}

Result<void> check_names(const Manifest& manifest) {
  std::vector<std::uint32_t> order(manifest.count());
  std::iota(order.begin(), order.end(), 0u);
  auto name_of = [&](std::uint32_t index) { return manifest.entry(index).name; };
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return name_of(a) < name_of(b); });
  auto twice = [](std::string_view name) {
    return Error{Code::corrupt,
                 fmt::format("the archive has \"{}\" twice, or as a file and as a folder", printable(name))};
  };
  for (std::size_t i = 0; i < order.size(); ++i) {
    auto name = name_of(order[i]);
    RETURN_IF_ERROR(check_extractable(name));
    if (i > 0 && name == name_of(order[i - 1])) return twice(name);
    if (name.ends_with('/')) continue;
    auto below = std::string(name) + '/';
    auto next = std::lower_bound(order.begin(), order.end(), below,
                                 [&](auto index, const auto& text) { return name_of(index) < text; });
    if (next != order.end() && name_of(*next).starts_with(below)) return twice(name);
  }
  return ok();
}

}  // namespace dray::fetching
