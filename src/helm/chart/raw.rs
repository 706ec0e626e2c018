//! Files as they were read, before the parts of a chart are told apart.

use std::sync::Arc;

/// A file as it was read, before the chart's parts are told apart.
pub(super) struct RawFile {
    pub(super) name: String,
    pub(super) data: Content,
}

/// What a file holds.
pub(super) enum Content {
    Text(Arc<str>),
    /// Bytes that are no UTF-8: an archive, for one.
    Binary(Vec<u8>),
    /// Nothing that may be read: the file is a link that leads out of the chart.
    Outside,
}

impl Content {
    /// Takes what a reader's buffer holds; a byte order mark is no part of it.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.into()),
            Err(_) => Self::Binary(bytes.to_vec()),
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
            Self::Outside => &[],
        }
    }

    /// The text; bytes that are no UTF-8 have stand-ins.
    pub(super) fn into_text(self) -> Arc<str> {
        match self {
            Self::Text(text) => text,
            Self::Binary(bytes) => crate::source::bytes::text(&bytes).into(),
            Self::Outside => Arc::default(),
        }
    }
}
