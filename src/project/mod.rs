//! A repository as charts, releases, values files and manifest sets.
