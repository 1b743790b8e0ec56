// The in-memory twins of the people ports, for tests.
#pragma once

#include <memory>

#include "model/people/access.h"
#include "model/people/credentials.h"
#include "model/people/people.h"

namespace dray::model {

std::unique_ptr<PeopleRepository> make_memory_people();
std::unique_ptr<CredentialRepository> make_memory_credentials();
std::unique_ptr<AccessRepository> make_memory_access();  // starts with default_rules()

}  // namespace dray::model
