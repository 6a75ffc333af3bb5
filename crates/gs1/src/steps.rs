//! Counts what the parsers do, in tests alone, so that a test can say that it grows with the input and
//! no faster. Elsewhere nothing is counted and nothing is compiled.

#[cfg(test)]
std::thread_local! {
    static STEPS: core::cell::Cell<usize> = const { core::cell::Cell::new(0) };
}

/// Adds to the count of this thread.
#[inline]
pub(crate) fn count(_steps: usize) {
    #[cfg(test)]
    STEPS.with(|steps| steps.set(steps.get() + _steps));
}

/// The steps that `work` takes.
#[cfg(test)]
pub(crate) fn of(work: impl FnOnce()) -> usize {
    STEPS.with(|steps| steps.set(0));
    work();
    STEPS.with(core::cell::Cell::get)
}
