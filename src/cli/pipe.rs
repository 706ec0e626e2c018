//! Standard output as Linux has it: what a pipe holds can be changed.

use std::fs::File;
use std::io::{self, Write};

/// Bytes that a pipe holds unless it is told otherwise.
const NARROW: usize = 64 << 10;
/// Bytes that Linux lets everybody's pipes hold.
const WIDE: usize = 1 << 20;

/// What may be a pipe. It is made to hold more when more is written than it holds at first: who writes and who
/// reads then wait for each other a sixteenth as often.
pub(crate) struct Output {
    file: File,
    /// Bytes, counted until they are more than a pipe holds.
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
                // A file, and a pipe that may not hold more, take the same bytes.
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
