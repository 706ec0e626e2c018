//! Rule files, compiled; a scope (an object, a release, values) to hits.
