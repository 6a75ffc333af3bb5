//! Preparing ahead: on several threads, given back in order.

use std::{collections::VecDeque, num::NonZeroUsize, thread, vec};

use crossbeam_channel::{Receiver, Sender, bounded};
use custody::RecordedEntry;

use crate::{KnownKeys, Prepared, prepare};

/// Entries that a thread takes at a time, and bytes of payload after which it takes no more.
const BATCH: (usize, usize) = (128, 1 << 20);
/// Batches that wait or are worked on, for each thread: one in its hands, one done, one to come.
const WINDOW: usize = 3;

struct Job {
    entries: Vec<RecordedEntry>,
    reply: Sender<Vec<Prepared>>,
}

/// Hands `walk` the entries of `source` in their order, each prepared by one of `threads`. At most three batches
/// a thread are ahead, of 128 entries or about 1 MiB.
///
/// An error of the source comes in its place, and ends it.
pub fn in_order<I, E, T>(
    source: I,
    keys: &KnownKeys,
    threads: NonZeroUsize,
    walk: impl FnOnce(&mut dyn Iterator<Item = Result<Prepared, E>>) -> T,
) -> T
where
    I: Iterator<Item = Result<RecordedEntry, E>>,
{
    thread::scope(|scope| {
        let window = threads.get() * WINDOW;
        let (jobs, todo) = bounded::<Job>(window);
        for _ in 0..threads.get() {
            let todo = todo.clone();
            scope.spawn(move || work(&todo, keys));
        }
        drop(todo);
        let ready = Vec::new().into_iter();
        let mut ahead =
            Ahead { source, error: None, ended: false, jobs, window, waiting: VecDeque::new(), ready };
        // The threads end when the channel of jobs does, which goes with `ahead`.
        let done = walk(&mut ahead);
        drop(ahead);
        done
    })
}

fn work(todo: &Receiver<Job>, keys: &KnownKeys) {
    for Job { entries, reply } in todo {
        let done = entries.into_iter().map(|entry| prepare(keys, entry)).collect();
        // Whoever asked may have stopped at a fault before.
        let _nobody = reply.send(done);
    }
}

struct Ahead<I, E> {
    source: I,
    /// What the source failed with, until it is its turn.
    error: Option<E>,
    ended: bool,
    jobs: Sender<Job>,
    window: usize,
    waiting: VecDeque<Receiver<Vec<Prepared>>>,
    ready: vec::IntoIter<Prepared>,
}

impl<I, E> Ahead<I, E>
where
    I: Iterator<Item = Result<RecordedEntry, E>>,
{
    fn batch(&mut self) -> Vec<RecordedEntry> {
        let (most, bytes) = BATCH;
        let (mut entries, mut size) = (Vec::with_capacity(most), 0);
        while entries.len() < most && size < bytes {
            match self.source.next() {
                Some(Ok(entry)) => {
                    size += entry.payload.len();
                    entries.push(entry);
                }
                Some(Err(error)) => {
                    self.error = Some(error);
                    self.ended = true;
                    break;
                }
                None => {
                    self.ended = true;
                    break;
                }
            }
        }
        entries
    }

    fn fill(&mut self) {
        while !self.ended && self.waiting.len() < self.window {
            let entries = self.batch();
            if entries.is_empty() {
                return;
            }
            let (reply, done) = bounded(1);
            // The threads live as long as this; were they gone, the receiver would say so.
            let _sent = self.jobs.send(Job { entries, reply });
            self.waiting.push_back(done);
        }
    }
}

impl<I, E> Iterator for Ahead<I, E>
where
    I: Iterator<Item = Result<RecordedEntry, E>>,
{
    type Item = Result<Prepared, E>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(prepared) = self.ready.next() {
                return Some(Ok(prepared));
            }
            self.fill();
            let Some(next) = self.waiting.pop_front() else { return self.error.take().map(Err) };
            // A thread that panicked has dropped its end; the scope passes the panic on.
            self.ready = next.recv().ok()?.into_iter();
        }
    }
}
