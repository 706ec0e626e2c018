//! How whoever waits for a run is told how far it is.

/// Is told how far a run has come, from any thread.
pub trait Watch: Sync {
    /// `done` of `of` pieces of `what` are done.
    fn step(&self, done: usize, of: usize, what: &'static str);

    /// True once nobody waits for the result: the run ends with [`LintError::Abandoned`](super::LintError::Abandoned).
    fn is_over(&self) -> bool {
        false
    }
}

/// Nobody watches.
impl Watch for () {
    fn step(&self, _: usize, _: usize, _: &'static str) {}
}
