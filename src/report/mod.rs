//! Findings as text for people and for programs; a file a format.
