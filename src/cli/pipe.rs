//! Standard output on Linux, where the capacity of a pipe can be changed.

use std::fs::File;
use std::io::{self, Write};

/// The default capacity of a pipe, in bytes.
const NARROW: usize = 64 << 10;
/// The capacity that Linux allows every user for a pipe, in bytes.
const WIDE: usize = 1 << 20;

/// An output that may be a pipe. When more is written than a pipe holds by default, its capacity is raised, so that
/// writer and reader wait for each other a sixteenth as often.
pub(crate) struct Output {
    file: File,
    /// How many bytes were written, counted until they exceed [`NARROW`].
    written: usize,
}

impl Output {
    pub(crate) fn new(file: File) -> Self {
        Self { file, written: 0 }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.written <= NARROW {
            self.written += bytes.len();
            if self.written > NARROW {
                // Failure does not matter: files, and pipes whose capacity cannot be raised, work all the same.
                let _ = rustix::pipe::fcntl_setpipe_size(&self.file, WIDE);
            }
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::thread;

    use super::*;

    #[test]
    fn a_pipe_is_made_wider_by_what_it_does_not_hold() {
        let (mut reader, writer) = io::pipe().unwrap();
        let mut output = Output::new(std::os::fd::OwnedFd::from(writer).into());
        let reader = thread::spawn(move || {
            let mut read = Vec::new();
            reader.read_to_end(&mut read).map(|_| read)
        });
        let size = |output: &Output| rustix::pipe::fcntl_getpipe_size(&output.file).unwrap();
        let narrow = size(&output);
        output.write_all(&[b'a'; 1000]).unwrap();
        assert_eq!(size(&output), narrow);
        output.write_all(&vec![b'b'; NARROW]).unwrap();
        assert!(size(&output) > NARROW);
        drop(output);
        let read = reader.join().unwrap().unwrap();
        assert_eq!(read, [vec![b'a'; 1000], vec![b'b'; NARROW]].concat());
    }
}
