// A value or an Error: how everything that a caller can meet travels. What only a bug can cause is asserted instead.
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace dray {

enum class Code {
  invalid,
  unauthenticated,
  denied,
  not_found,
  conflict,
  too_large,
  busy,
  gone,
  unavailable,
  full,
  corrupt
};  // full: the disk

// `message` may be shown to the person who asked; `detail` is for the log.
struct Error {
  Code code = Code::invalid;
  std::string message;
  std::string detail = {};

  bool operator==(const Error&) const = default;
};

const char* name_of(Code code);

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return value(); }
  const T& operator*() const& { return const_cast<Result*>(this)->value(); }
  T operator*() && { return std::move(value()); }  // by value: safe in a range-for over a temporary
  T* operator->() { return &value(); }
  const T* operator->() const { return &const_cast<Result*>(this)->value(); }
  const Error& error() const& { return const_cast<Result*>(this)->failure(); }
  Error&& error() && { return std::move(failure()); }

 private:
  T& value() {
    assert(state_.index() == 0 && "a Result was used without looking whether it holds a value");
    return *std::get_if<0>(&state_);
  }
  Error& failure() {
    assert(state_.index() == 1);
    return *std::get_if<1>(&state_);
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  explicit operator bool() const { return !error_; }
  const Error& error() const& {
    assert(error_);
    return *error_;
  }
  Error&& error() && {
    assert(error_);
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

inline Result<void> ok() { return {}; }

// The error of the last failed system call, for a person: "cannot open FILE: No such file or directory".
Error system_error(const std::string& what, int errno_value);

}  // namespace dray

#define DRAY_CONCAT_(a, b) a##b
#define DRAY_CONCAT(a, b) DRAY_CONCAT_(a, b)
#define ASSIGN_OR_RETURN_IMPL(temporary, target, expression) \
  auto temporary = (expression);                             \
  if (!temporary) return std::move(temporary).error();       \
  target = *std::move(temporary)
#define ASSIGN_OR_RETURN(target, expression) \
  ASSIGN_OR_RETURN_IMPL(DRAY_CONCAT(result_, __COUNTER__), target, expression)
#define RETURN_IF_ERROR_IMPL(temporary, expression) \
  if (auto temporary = (expression); !temporary) return std::move(temporary).error()
#define RETURN_IF_ERROR(expression) RETURN_IF_ERROR_IMPL(DRAY_CONCAT(result_, __COUNTER__), expression)
