// The catalog's schema, as numbered migrations.
#pragma once

#include "adapters/sqlite/database.h"

namespace dray::sqlite {

// Brings the schema up to date, in one transaction. Throws Failure (Code::conflict) when the file is from a newer Dray.
void migrate(Database& database);

}  // namespace dray::sqlite
