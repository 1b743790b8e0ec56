// The fields of a struct as JSON, both ways from one list of them:
//
//   template <typename Fields> void visit_fields(Fields& fields, Point& point) {
//     fields("x", point.x);
//     fields("y", point.y);
//   }
//
// Numbers, booleans, text, enums (as numbers), optionals (null), vectors, maps by text, and structs that have a
// visit_fields() of their own.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/json.h"

namespace dray {

namespace json_fields {

class Writer;
class Reader;

template <typename T>
json::value write(const T& value);
template <typename T>
json::value write(const std::optional<T>& value);
template <typename T>
json::value write(const std::vector<T>& values);
template <typename T, typename C>
json::value write(const std::map<std::string, T, C>& values);
template <typename T>
bool read(const json::value& from, T& into);
template <typename T>
bool read(const json::value& from, std::optional<T>& into);
template <typename T>
bool read(const json::value& from, std::vector<T>& into);
template <typename T, typename C>
bool read(const json::value& from, std::map<std::string, T, C>& into);

class Writer {
 public:
  template <typename T>
  void operator()(std::string_view name, const T& value) {
    object[name] = write(value);
  }
  json::object object;
};

// A field that is missing keeps what it has; one of another kind than it should be, or that is not known, is an error.
class Reader {
 public:
  explicit Reader(const json::object& object) : object_(object) {}
  template <typename T>
  void operator()(std::string_view name, T& value) {
    const auto* found = object_.if_contains(name);
    if (!found) return;
    known_.emplace_back(name);
    if (!read(*found, value) && wrong_.empty()) wrong_ = fmt::format("has a wrong \"{}\"", name);
  }
  // What is wrong, once all fields were visited; empty when nothing is.
  std::string complaint() const {
    if (!wrong_.empty() || known_.size() == object_.size()) return wrong_;
    for (const auto& item : object_) {
      if (std::find(known_.begin(), known_.end(), item.key()) == known_.end())
        return fmt::format("does not have \"{}\"", std::string_view(item.key()));
    }
    return "";
  }

 private:
  const json::object& object_;
  std::vector<std::string_view> known_;
  std::string wrong_;
};

template <typename T>
json::value write(const std::optional<T>& value) {
  return value ? write(*value) : json::value(nullptr);
}
template <typename T>
json::value write(const std::vector<T>& values) {
  json::array array;
  for (const auto& value : values) array.push_back(write(value));
  return array;
}
template <typename T, typename C>
json::value write(const std::map<std::string, T, C>& values) {
  json::object object;
  for (const auto& [name, value] : values) object[name] = write(value);
  return object;
}
template <typename T>
json::value write(const T& value) {
  if constexpr (std::is_enum_v<T>) {
    return static_cast<std::int64_t>(value);
  } else if constexpr (std::is_arithmetic_v<T> || std::is_convertible_v<T, std::string_view>) {
    return json::value_from(value);
  } else {
    Writer writer;
    visit_fields(writer, const_cast<T&>(value));
    return std::move(writer.object);
  }
}

template <typename T>
bool read(const json::value& from, std::optional<T>& into) {
  if (from.is_null()) {
    into.reset();
    return true;
  }
  return read(from, into.emplace());
}
template <typename T>
bool read(const json::value& from, std::vector<T>& into) {
  if (!from.is_array()) return false;
  into.clear();
  for (const auto& item : from.get_array()) {
    if (!read(item, into.emplace_back())) return false;
  }
  return true;
}
template <typename T, typename C>
bool read(const json::value& from, std::map<std::string, T, C>& into) {
  if (!from.is_object()) return false;
  into.clear();
  for (const auto& item : from.get_object()) {
    if (!read(item.value(), into[std::string(item.key())])) return false;
  }
  return true;
}
template <typename T>
bool read(const json::value& from, T& into) {
  if constexpr (std::is_same_v<T, bool>) {
    if (from.is_bool()) into = from.get_bool();
    return from.is_bool();
  } else if constexpr (std::is_enum_v<T>) {
    std::underlying_type_t<T> number = 0;
    bool is_number = read(from, number);
    if (is_number) into = static_cast<T>(number);
    return is_number;
  } else if constexpr (std::is_integral_v<T>) {  // whole, and within its range
    boost::system::error_code error;
    auto number = from.to_number<T>(error);
    if (!error) into = number;
    return !error;
  } else if constexpr (std::is_floating_point_v<T>) {
    if (from.is_number()) into = from.to_number<double>();
    return from.is_number();
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (from.is_string()) into = std::string(from.get_string());
    return from.is_string();
  } else {
    if (!from.is_object()) return false;
    Reader reader(from.get_object());
    visit_fields(reader, into);
    return reader.complaint().empty();
  }
}

}  // namespace json_fields

template <typename T>
json::object fields_to_json(const T& value) {
  json_fields::Writer writer;
  visit_fields(writer, const_cast<T&>(value));
  return std::move(writer.object);
}

template <typename T>
Result<T> fields_from_json(const json::value& from, std::string_view what, T value = {}) {
  if (!from.is_object()) return Error{Code::invalid, fmt::format("{} is a JSON object", what)};
  json_fields::Reader reader(from.get_object());
  visit_fields(reader, value);
  if (auto complaint = reader.complaint(); !complaint.empty())
    return Error{Code::invalid, fmt::format("{} {}", what, complaint)};
  return value;
}

}  // namespace dray
