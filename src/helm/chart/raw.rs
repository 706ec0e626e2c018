//! Files as they were read, before they are sorted into the parts of a chart.

use std::sync::Arc;

/// A file as it was read, before it is sorted into a part of a chart.
pub(super) struct RawFile {
    pub(super) name: String,
    pub(super) data: Content,
}

/// The content of a file.
pub(super) enum Content {
    Text(Arc<str>),
    /// Bytes that are not UTF-8, such as an archive.
    Binary(Vec<u8>),
    /// No content: the file is a link that leads out of the chart.
    Outside,
}

impl Content {
    /// Makes a content of the bytes of a file, without a byte order mark.
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

    /// Returns the text; bytes that are not UTF-8 are replaced.
    pub(super) fn into_text(self) -> Arc<str> {
        match self {
            Self::Text(text) => text,
            Self::Binary(bytes) => crate::source::bytes::text(&bytes).into(),
            Self::Outside => Arc::default(),
        }
    }
}
