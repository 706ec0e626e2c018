//! Cache entries by key, in a few plain files.
//!
//! A file begins with [`MAGIC`] and a hash of what follows: for each entry its key, the day when it was
//! last used, its length and its bytes. A file that is incomplete, or was written by another program or
//! version, counts as absent.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::source::replace_quickly;

/// The key of an entry: a hash of everything that it depends on.
pub(super) type Key = [u8; 32];

/// The beginning of each file.
const MAGIC: &[u8] = b"plimsoll cache 1\n";
/// The number of files. Entries are distributed by their keys, so that a small change rewrites a small file.
const BUCKETS: usize = 64;
/// Days after which an unused entry is dropped.
const KEPT_DAYS: u32 = 14;
/// Days after which an entry that is used is marked as used again; not every run should write.
const MARKED_DAYS: u32 = 4;
/// Entries larger than this, in bytes, are not kept.
const MAX_ENTRY: usize = 16 << 20;

/// A folder of entries.
pub(super) struct Store {
    directory: PathBuf,
    /// Today, in days since 1970.
    today: u32,
    buckets: Vec<Bucket>,
}

#[derive(Default)]
struct Bucket {
    read: OnceLock<Entries>,
    /// Entries that this run adds, or marks as used today.
    new: Mutex<BTreeMap<Key, Arc<[u8]>>>,
}

/// A file's bytes, and the day and the range of each entry in them.
#[derive(Default)]
struct Entries {
    bytes: Vec<u8>,
    index: HashMap<Key, (u32, std::ops::Range<usize>)>,
}

impl Store {
    /// A store in a folder, which need not exist.
    pub(super) fn open(directory: &Path) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let today = u32::try_from(now.as_secs() / 86_400).unwrap_or(u32::MAX);
        let buckets = (0..BUCKETS).map(|_| Bucket::default()).collect();
        Self { directory: directory.to_owned(), today, buckets }
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The bytes under a key.
    pub(super) fn get(&self, key: Key) -> Option<Arc<[u8]>> {
        let bucket = &self.buckets[number(key)];
        let entries = bucket.read.get_or_init(|| self.read(number(key)));
        let (day, range) = entries.index.get(&key)?;
        let bytes: Arc<[u8]> = entries.bytes.get(range.clone())?.into();
        if self.today.saturating_sub(*day) >= MARKED_DAYS {
            bucket.put(key, Arc::clone(&bytes));
        }
        Some(bytes)
    }

    /// Adds an entry; [`Store::write`] writes it.
    pub(super) fn put(&self, key: Key, bytes: Vec<u8>) {
        if bytes.len() <= MAX_ENTRY {
            self.buckets[number(key)].put(key, bytes.into());
        }
    }

    /// Writes the files that have new entries, and drops old unused entries from these.
    ///
    /// # Errors
    /// Those of the file system. The old files are still there then.
    pub(super) fn write(&self) -> io::Result<()> {
        for (number, bucket) in self.buckets.iter().enumerate() {
            let new = bucket.new.lock().unwrap_or_else(PoisonError::into_inner);
            if new.is_empty() {
                continue;
            }
            self.prepare()?;
            let old = bucket.read.get_or_init(|| self.read(number));
            let fresh = |day: u32| self.today.saturating_sub(day) <= KEPT_DAYS;
            let mut entries: BTreeMap<&Key, (u32, &[u8])> = old
                .index
                .iter()
                .filter(|(_, (day, _))| fresh(*day))
                .filter_map(|(key, (day, range))| {
                    Some((key, (*day, old.bytes.get(range.clone())?)))
                })
                .collect();
            entries.extend(new.iter().map(|(key, bytes)| (key, (self.today, &**bytes))));
            replace_quickly(&self.path(number), &encode(&entries))?;
        }
        Ok(())
    }

    /// Creates the folder, and marks it so that git and backups ignore it.
    fn prepare(&self) -> io::Result<()> {
        if self.directory.is_dir() {
            return Ok(());
        }
        std::fs::create_dir_all(&self.directory)?;
        replace_quickly(&self.directory.join(".gitignore"), b"*\n")?;
        // https://bford.info/cachedir/
        let tag = b"Signature: 8a477f597d28d172789f06886806bc55\n# Results that plimsoll keeps.\n";
        replace_quickly(&self.directory.join("CACHEDIR.TAG"), tag)
    }

    fn path(&self, number: usize) -> PathBuf {
        self.directory.join(format!("{number:02}.bin"))
    }

    fn read(&self, number: usize) -> Entries {
        std::fs::read(self.path(number)).ok().and_then(decode).unwrap_or_default()
    }
}

impl Bucket {
    fn put(&self, key: Key, bytes: Arc<[u8]>) {
        self.new.lock().unwrap_or_else(PoisonError::into_inner).insert(key, bytes);
    }
}

fn number(key: Key) -> usize {
    key[0] as usize % BUCKETS
}

fn encode(entries: &BTreeMap<&Key, (u32, &[u8])>) -> Vec<u8> {
    let mut body = Vec::new();
    for (key, (day, bytes)) in entries {
        body.extend_from_slice(*key);
        body.extend_from_slice(&day.to_le_bytes());
        let length = u32::try_from(bytes.len()).expect("invariant: entries are smaller than 4 GiB");
        body.extend_from_slice(&length.to_le_bytes());
        body.extend_from_slice(bytes);
    }
    let mut file = MAGIC.to_vec();
    file.extend_from_slice(blake3::hash(&body).as_bytes());
    file.append(&mut body);
    file
}

/// Reads a file; `None` if it is incomplete or of another version.
fn decode(bytes: Vec<u8>) -> Option<Entries> {
    let (hash, body) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<32>()?;
    if blake3::hash(body).as_bytes() != hash {
        return None;
    }
    let mut index = HashMap::new();
    let mut at = MAGIC.len() + hash.len();
    while at < bytes.len() {
        let (key, rest) = bytes[at..].split_first_chunk::<32>()?;
        let (day, rest) = rest.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        let start = bytes.len() - rest.len();
        index.insert(*key, (u32::from_le_bytes(*day), start..start.checked_add(length)?));
        at = start + length;
    }
    (at == bytes.len()).then_some(Entries { bytes, index })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = [7; 32];

    fn filled() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("cache"));
        assert_eq!(store.get(KEY), None);
        store.put(KEY, b"found".to_vec());
        store.write().unwrap();
        dir
    }

    fn get(dir: &tempfile::TempDir) -> Option<Arc<[u8]>> {
        Store::open(&dir.path().join("cache")).get(KEY)
    }

    fn bucket(dir: &tempfile::TempDir) -> PathBuf {
        dir.path().join(format!("cache/{:02}.bin", number(KEY)))
    }

    #[test]
    fn what_was_put_is_there_in_the_next_run() {
        assert_eq!(get(&filled()).as_deref(), Some(&b"found"[..]));
    }

    #[test]
    fn whatever_byte_is_damaged_nothing_wrong_is_read() {
        let dir = filled();
        let whole = std::fs::read(bucket(&dir)).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            std::fs::write(bucket(&dir), &damaged).unwrap();
            assert_eq!(get(&dir), None, "byte {at}");
            std::fs::write(bucket(&dir), &whole[..at]).unwrap();
            assert_eq!(get(&dir), None, "cut at {at}");
        }
    }

    #[test]
    fn a_damaged_file_is_replaced() {
        let dir = filled();
        std::fs::write(bucket(&dir), b"not ours").unwrap();
        let store = Store::open(&dir.path().join("cache"));
        store.put(KEY, b"again".to_vec());
        store.write().unwrap();
        assert_eq!(get(&dir).as_deref(), Some(&b"again"[..]));
    }

    #[test]
    fn what_nobody_asks_for_is_dropped_in_time() {
        let dir = filled();
        let mut later = Store::open(&dir.path().join("cache"));
        later.today += KEPT_DAYS + 1;
        let mut beside = KEY;
        beside[31] = 0;
        later.put(beside, b"new".to_vec());
        later.write().unwrap();
        assert_eq!(get(&dir), None);
    }

    #[test]
    fn what_is_asked_for_stays() {
        let dir = filled();
        for time in 1..4 {
            let mut later = Store::open(&dir.path().join("cache"));
            later.today += KEPT_DAYS * time;
            assert!(later.get(KEY).is_some());
            later.write().unwrap();
        }
    }
}
