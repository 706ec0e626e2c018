//! `plimsoll.yaml`: settings that carry spans.
