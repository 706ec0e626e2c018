//! Work on texts that a second thread does meanwhile.
//!
//! This is for commands that render one chart and do nothing else, and for runs with fewer releases than processors.
//! If many charts are rendered, each processor has its own charts.

use std::cell::{Cell, OnceCell, RefCell};
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::FastMap;

/// The size of the second thread's stack, in bytes: that of most main threads. Only what is used takes memory.
const STACK: usize = 8 << 20;

/// A second thread, which is started when it is first needed.
#[derive(Default)]
pub(super) struct Helper {
    duties: OnceCell<Sender<Duty>>,
}

/// A task for the thread.
type Duty = Box<dyn FnOnce() + Send>;

impl Helper {
    /// Whether the thread was started.
    pub(super) fn is_up(&self) -> bool {
        self.duties.get().is_some()
    }

    /// Gives a task to the thread, to be done after the earlier ones. If the system cannot start a thread, it is never
    /// done.
    fn ask(&self, duty: Duty) {
        let duties = self.duties.get_or_init(|| {
            let (duties, asked) = unbounded::<Duty>();
            let run = move || asked.into_iter().for_each(|duty| duty());
            let _ = thread::Builder::new().stack_size(STACK).spawn(run);
            duties
        });
        let _ = duties.send(duty);
    }
}

/// Work on texts that is shared by two threads: the second one works on them as they come, and the first one when it
/// needs a result. Before the second one is started, the first does all of the work.
pub(super) struct Aside<R> {
    work: fn(&Arc<str>) -> R,
    given: Sender<Arc<str>>,
    waiting: Receiver<Arc<str>>,
    /// Kept until the second thread is given it.
    finished: Cell<Option<Sender<Done<R>>>>,
    done: Receiver<Done<R>>,
    /// The number of texts whose results are not in `known`.
    open: Cell<usize>,
    known: RefCell<FastMap<usize, R>>,
}

/// The address of a text, and its result.
type Done<R> = (usize, R);

impl<R: Send + 'static> Aside<R> {
    pub(super) fn new(work: fn(&Arc<str>) -> R) -> Self {
        let ((given, waiting), (finished, done)) = (unbounded(), unbounded());
        let finished = Cell::new(Some(finished));
        Self {
            work,
            given,
            waiting,
            finished,
            done,
            open: Cell::default(),
            known: RefCell::default(),
        }
    }

    /// Starts work in the second thread, unless it was started before. It works until this value is dropped. If the
    /// system cannot start a thread, the first does all of the work.
    pub(super) fn start(&self, helper: &Helper) {
        let Some(finished) = self.finished.take() else { return };
        let (work, waiting) = (self.work, self.waiting.clone());
        let run = move || {
            for text in waiting {
                if finished.send((address(&text), work(&text))).is_err() {
                    break;
                }
            }
        };
        // The first thread takes texts from this channel as well.
        helper.ask(Box::new(run));
    }

    /// Adds a text, which the caller must keep until it takes the result.
    pub(super) fn give(&self, text: Arc<str>) {
        self.open.set(self.open.get() + 1);
        // The channel is never closed, since its other end is here, too.
        let _ = self.given.send(text);
    }

    /// Returns the result for a text; `None` if it was not added, or has already been taken.
    ///
    /// # Panics
    /// If the second thread has panicked.
    pub(super) fn take(&self, text: &Arc<str>) -> Option<R> {
        let mut known = self.known.borrow_mut();
        loop {
            if let Some(result) = known.remove(&address(text)) {
                return Some(result);
            }
            self.open.set(self.open.get().checked_sub(1)?);
            let (text, result) = match self.waiting.try_recv() {
                Ok(text) => (address(&text), (self.work)(&text)),
                Err(_) => {
                    self.done.recv().expect("invariant: the second thread ends after this value")
                }
            };
            known.insert(text, result);
        }
    }
}

/// The address of a text, which identifies it among all texts that are kept.
fn address(text: &Arc<str>) -> usize {
    text.as_ptr().addr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_worked_on_once() {
        for threads in [1, 2] {
            let helper = Helper::default();
            let aside = Aside::new(|text: &Arc<str>| text.len());
            let texts: Vec<Arc<str>> = (0..1000).map(|length| "x".repeat(length).into()).collect();
            for (at, text) in texts.iter().enumerate() {
                aside.give(Arc::clone(text));
                if at == 500 && threads == 2 {
                    aside.start(&helper);
                }
            }
            for text in texts.iter().rev() {
                assert_eq!(aside.take(text), Some(text.len()));
                assert_eq!(aside.take(text), None);
            }
        }
    }
}
