#include "pipeline/renditions/paths.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace dray::pipeline {
namespace {

constexpr std::string_view kSignature = "8BIM";
constexpr unsigned kFirstPath = 2000, kLastPath = 2997, kClippingPath = 2999;
constexpr std::size_t kRecordSize = 26;

enum Selector : unsigned {
  kClosedLength = 0,
  kClosedLinked = 1,
  kClosedUnlinked = 2,
  kFillRule = 6,
  kInitialFill = 8,
};

unsigned read_number(std::string_view bytes, std::size_t at, std::size_t length) {
  unsigned value = 0;
  for (std::size_t i = 0; i < length; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

void write_number(std::string& out, unsigned value, unsigned length) {
  for (unsigned i = length; i-- > 0;) out += static_cast<char>(value >> (8 * i));
}

struct Resource {
  unsigned id = 0;
  std::string_view name;  // as it is stored: its length, its text, padded to an even number of bytes
  std::string_view content;
};

// Takes the next one off `rest`.
bool take_resource(std::string_view& rest, Resource& resource) {
  constexpr std::size_t kName = 6;  // behind signature and id
  if (rest.size() <= kName || !rest.starts_with(kSignature)) return false;
  resource.id = read_number(rest, 4, 2);
  auto name_size = (static_cast<unsigned char>(rest[kName]) + 2u) / 2 * 2;
  auto begin = kName + name_size + 4;
  if (rest.size() < begin) return false;
  resource.name = rest.substr(kName, name_size);
  auto size = read_number(rest, begin - 4, 4);
  if (rest.size() - begin < size) return false;
  resource.content = rest.substr(begin, size);
  rest.remove_prefix(std::min(rest.size(), begin + size + size % 2));
  return true;
}

void add_resource(std::string& out, const Resource& resource, std::string_view content) {
  out += kSignature;
  write_number(out, resource.id, 2);
  out += resource.name;
  write_number(out, static_cast<unsigned>(content.size()), 4);
  out += content;
  if (content.size() % 2 != 0) out += '\0';
}

// Signed numbers with 24 bits behind the point.
double read_fraction(std::string_view record, std::size_t at) {
  return static_cast<std::int32_t>(read_number(record, at, 4)) / 16777216.0;
}

void write_fraction(std::string& out, double value) {
  constexpr double kOne = 16777216, kLimit = 127.999;
  write_number(out, static_cast<unsigned>(std::lround(std::clamp(value, -kLimit, kLimit) * kOne)), 4);
}

// A knot: the point before, its own, the one behind; each down, then right.
std::string move_knot(std::string_view record, const Mapping& mapping) {
  std::string moved(record.substr(0, 2));
  for (std::size_t at = 2; at < kRecordSize; at += 8) {
    auto y = read_fraction(record, at), x = read_fraction(record, at + 4);
    write_fraction(moved, mapping.y_of_x * x + mapping.y_of_y * y + mapping.y);
    write_fraction(moved, mapping.x_of_x * x + mapping.x_of_y * y + mapping.x);
  }
  return moved;
}

// Empty: no subpath of it is closed.
std::string move_path(std::string_view records, const Mapping& mapping) {
  std::string moved;
  bool has_knots = false;
  for (; records.size() >= kRecordSize; records.remove_prefix(kRecordSize)) {
    auto record = records.substr(0, kRecordSize);
    auto selector = read_number(record, 0, 2);
    bool is_knot = selector == kClosedLinked || selector == kClosedUnlinked;
    if (is_knot) moved += move_knot(record, mapping);
    if (selector == kClosedLength || selector == kFillRule || selector == kInitialFill) moved += record;
    has_knots = has_knots || is_knot;
  }
  return has_knots ? moved : std::string();
}

Mapping scale(double x, double y) { return {x, 0, 0, 0, y, 0}; }
Mapping move(double x, double y) { return {1, 0, x, 0, 1, y}; }
Mapping move_to(Position at) { return move(-at.x, -at.y); }
Mapping scale(PixelSize from, PixelSize to) {
  return scale(static_cast<double>(to.width) / from.width, static_cast<double>(to.height) / from.height);
}

// About the middle of `from`, into the middle of `to`.
Mapping turn(double degrees, PixelSize from, PixelSize to) {
  auto angle = degrees * std::numbers::pi / 180;
  Mapping turned{std::cos(angle), -std::sin(angle), 0, std::sin(angle), std::cos(angle), 0};
  return move(-from.width / 2.0, -from.height / 2.0).then(turned).then(move(to.width / 2.0, to.height / 2.0));
}

}  // namespace

// Header, colour table, resources: "File header section" and what follows it.
std::string_view image_resources_of_psd(std::string_view file) {
  constexpr std::size_t kHeader = 26;
  if (file.size() < kHeader + 8) return {};
  auto rest = file.substr(kHeader);
  std::size_t color_table = read_number(rest, 0, 4);
  if (rest.size() < color_table + 8) return {};
  rest.remove_prefix(4 + color_table);
  return rest.substr(4, read_number(rest, 0, 4));
}

Mapping Mapping::then(const Mapping& next) const {
  return {next.x_of_x * x_of_x + next.x_of_y * y_of_x, next.x_of_x * x_of_y + next.x_of_y * y_of_y,
          next.x_of_x * x + next.x_of_y * y + next.x,  next.y_of_x * x_of_x + next.y_of_y * y_of_x,
          next.y_of_x * x_of_y + next.y_of_y * y_of_y, next.y_of_x * x + next.y_of_y * y + next.y};
}

Mapping mapping_of(const Geometry& geometry, PixelSize seen) {
  auto composite = geometry.composite.size;
  Mapping flip;
  if (geometry.flip.left_right) flip = flip.then({-1, 0, static_cast<double>(composite.width), 0, 1, 0});
  if (geometry.flip.up_down) flip = flip.then({1, 0, 0, 0, -1, static_cast<double>(composite.height)});
  return scale(seen.width, seen.height)
      .then(move_to(geometry.crop.at))
      .then(scale(geometry.crop.size, geometry.layer))
      .then(turn(geometry.rotation, geometry.layer, geometry.rotated))
      .then(move_to(geometry.composite.at))
      .then(flip)
      .then(move_to(geometry.region.at))
      .then(scale(geometry.region.size, geometry.scaled))
      .then(move_to(geometry.canvas.at))
      .then(move_to(geometry.tile.at))
      .then(scale(1.0 / geometry.tile.size.width, 1.0 / geometry.tile.size.height));
}

Mapping mapping_of(const PixelBox& part, PixelSize whole) {
  return scale(whole.width, whole.height)
      .then(move_to(part.at))
      .then(scale(1.0 / part.size.width, 1.0 / part.size.height));
}

Mapping mapping_of_orientation(int orientation) {
  switch (orientation) {
    case 2:
      return {-1, 0, 1, 0, 1, 0};
    case 3:
      return {-1, 0, 1, 0, -1, 1};
    case 4:
      return {1, 0, 0, 0, -1, 1};
    case 5:
      return {0, 1, 0, 1, 0, 0};
    case 6:
      return {0, -1, 1, 1, 0, 0};
    case 7:
      return {0, -1, 1, -1, 0, 1};
    case 8:
      return {0, 1, 0, -1, 0, 1};
    default:
      return {};
  }
}

std::string carry_paths(std::string_view resources, const Mapping& mapping) {
  std::string carried;
  Resource named;  // says which one is for clipping
  bool has_paths = false;
  for (Resource resource; take_resource(resources, resource);) {
    if (resource.id == kClippingPath) named = resource;
    if (resource.id < kFirstPath || resource.id > kLastPath) continue;
    auto moved = move_path(resource.content, mapping);
    if (moved.empty()) continue;
    add_resource(carried, resource, moved);
    has_paths = true;
  }
  if (has_paths && named.id == kClippingPath) add_resource(carried, named, named.content);
  return carried;
}

}  // namespace dray::pipeline
