#include "adapters/sqlite/repositories.h"

namespace dray::sqlite {
namespace {

class Events final : public model::EventLog {
 public:
  explicit Events(SharedDatabase database) : database_(std::move(database)) {}

  Result<void> append_all(const std::vector<model::Event>& events) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      add_events(*transaction.operator->(), events);
      transaction.commit();
      return ok();
    });
  }

  Result<std::vector<model::Event>> list(std::int64_t after, std::size_t limit) override {
    return guarded([&]() -> Result<std::vector<model::Event>> {
      auto reader = database_->read();
      auto row = reader->prepare(
          "SELECT number, time, type, user, path, details FROM event WHERE number > ? ORDER BY number LIMIT ?");
      row.bind(after, static_cast<std::int64_t>(limit));
      std::vector<model::Event> events;
      while (row.step()) {
        ASSIGN_OR_RETURN(auto details, parse_json(row.view(5)));
        events.push_back({row.integer(0), time_of(row.integer(1)), row.text(2), row.text(3), row.text(4),
                          details.is_object() ? details.get_object() : json::object()});
      }
      return events;
    });
  }

 private:
  SharedDatabase database_;
};

}  // namespace

void add_events(Connection& connection, const std::vector<model::Event>& events) {
  for (const auto& event : events) {
    connection.prepare("INSERT INTO event (time, type, user, path, details) VALUES (?, ?, ?, ?, ?)")
        .bind(number_of(event.time), event.type, event.user, event.path, json::serialize(event.details))
        .run();
  }
}

std::unique_ptr<model::EventLog> make_events(SharedDatabase database) {
  return std::make_unique<Events>(std::move(database));
}

}  // namespace dray::sqlite
