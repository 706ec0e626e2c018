//! A progress bar for long runs on a terminal.

use std::io::IsTerminal as _;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::lint::Watch;

/// The bar only appears after this time.
const DELAY: Duration = Duration::from_millis(600);

/// Draws a progress bar on standard error once a run has taken a while.
pub(crate) struct Progress {
    started: Instant,
    shown: bool,
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    /// A bar that never appears if `quiet`, or if standard error is not a terminal.
    pub(crate) fn new(quiet: bool) -> Self {
        let shown = !quiet && std::io::stderr().is_terminal();
        Self { started: Instant::now(), shown, bar: OnceLock::new() }
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

impl Watch for Progress {
    fn step(&self, done: usize, of: usize, what: &'static str) {
        if !self.shown || self.started.elapsed() < DELAY {
            return;
        }
        let bar = self.bar.get_or_init(|| {
            let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(0).with_style(style)
        });
        bar.set_length(of as u64);
        bar.set_message(what);
        bar.set_position(done as u64);
    }
}
