//! Files that are being written: when the program ends before they are whole, they are removed.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The files that are being written now, by all threads.
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A file without its final name. It is removed when this is dropped, and when a signal such as that of Ctrl-C ends the
/// program.
pub(super) struct Unfinished(PathBuf);

impl Unfinished {
    /// Creates the file, empty.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn create(path: PathBuf) -> io::Result<(Self, File)> {
        #[cfg(unix)]
        signals::listen();
        // Locked, so that whoever clears up finds the file in the list or not at all.
        let mut unfinished = unfinished();
        let file = File::create(&path)?;
        unfinished.insert(path.clone());
        Ok((Self(path), file))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// Those of the file system; the file is removed.
    pub(super) fn rename(self, name: &Path) -> io::Result<()> {
        std::fs::rename(&self.0, name)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Nothing is there after the rename. If it cannot be removed, it is useless but does no harm.
        let _ = std::fs::remove_file(&self.0);
        unfinished().remove(&self.0);
    }
}

fn unfinished() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(unix)]
mod signals {
    use std::sync::{Once, mpsc};
    use std::thread;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    /// Starts to wait for signals that end the program, once.
    pub(super) fn listen() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let (ready, started) = mpsc::channel();
            // The thread itself asks for the signals: nobody would answer them if it could not be started.
            let thread = thread::Builder::new().name("signals".to_owned()).spawn(move || {
                let Ok(mut signals) = Signals::new([SIGHUP, SIGINT, SIGTERM]) else { return };
                let _ = ready.send(());
                signals.forever().for_each(end);
            });
            if thread.is_ok() {
                // An error says that there will be no signals.
                let _ = started.recv();
            }
        });
    }

    /// Removes what is unfinished, and ends the program as the signal would have done.
    fn end(signal: i32) {
        // Locked to the end, so that no other file is begun.
        let unfinished = super::unfinished();
        for path in unfinished.iter() {
            let _ = std::fs::remove_file(path);
        }
        // It fails for signals without a default only.
        let _ = emulate_default_handler(signal);
    }
}
