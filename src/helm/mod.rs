//! Charts and values layers to rendered text with the origin of every byte.
