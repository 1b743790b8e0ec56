// Carries the precompiled headers of DrayDependencies.cmake.
