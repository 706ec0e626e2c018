//! Progress of a run, and its end before time.

/// Is told how far a run is, from any thread, and may end it.
pub trait Watch: Sync {
    /// `done` of `of` steps of `what` (`reading`, `linting`) are done.
    fn step(&self, done: usize, of: usize, what: &'static str);

    /// True once nobody waits for the result: the run ends with [`LintError::Abandoned`](super::LintError::Abandoned).
    fn is_over(&self) -> bool {
        false
    }
}

/// Ignores the progress.
impl Watch for () {
    fn step(&self, _: usize, _: usize, _: &'static str) {}
}
