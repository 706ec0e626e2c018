//! Texts that a second thread works on while the first goes on.
//!
//! For commands that render one chart and do nothing else, and runs with fewer releases than processors. Where many
//! charts are rendered, each processor has charts of its own.

use std::cell::{Cell, OnceCell, RefCell};
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::FastMap;

/// Bytes of the second thread's stack, of which it takes what it needs: as many as the first mostly has.
const STACK: usize = 8 << 20;

/// A second thread, from when it is asked for help on.
#[derive(Default)]
pub(super) struct Helper {
    duties: OnceCell<Sender<Duty>>,
}

/// What a thread is asked to do.
type Duty = Box<dyn FnOnce() + Send>;

impl Helper {
    /// Whether the thread was asked for help before.
    pub(super) fn is_up(&self) -> bool {
        self.duties.get().is_some()
    }

    /// Has the thread do something, when it has done what it was asked to do before; where the system has no
    /// thread to give, nobody does it.
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

/// Texts that two threads share: the second one works on them as they come, and the first one when it asks
/// for what came of them. Until it is told to start, there is no second thread, and the first does all.
pub(super) struct Aside<R> {
    work: fn(&Arc<str>) -> R,
    given: Sender<Arc<str>>,
    waiting: Receiver<Arc<str>>,
    /// Until the second thread has it.
    finished: Cell<Option<Sender<Done<R>>>>,
    done: Receiver<Done<R>>,
    /// Texts whose results are not among those that are known.
    open: Cell<usize>,
    known: RefCell<FastMap<usize, R>>,
}

/// The address of a text, and what came of it.
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

    /// Asks the second thread for help, if that was not done before. It helps until this value ends; where the
    /// system has no thread to give, the first goes on to do all.
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
        // Texts wait for the first thread as well.
        helper.ask(Box::new(run));
    }

    /// Hands over a text, which the caller must hold until it takes what came of it.
    pub(super) fn give(&self, text: Arc<str>) {
        self.open.set(self.open.get() + 1);
        // Never closed, for the other end is here, too.
        let _ = self.given.send(text);
    }

    /// What came of a text; `None` for one that was not handed over, or taken already.
    ///
    /// # Panics
    /// When the second thread has.
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

/// Where a text lies, which tells it from all others that somebody holds.
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
