//! What one question may cost.

/// What one question may still read, and whether that was enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    /// Statements that may still be read.
    pub(crate) statements: usize,
    /// Units of work that may still be done: an entry in an item's history, an act of a statement on an
    /// item, a step in a timeline. Each holds some 50 bytes until the answer is given, so that the usual
    /// million and 50,000 statements keep a question below 100 MiB.
    pub(crate) work: usize,
    /// Something was left out for lack of either.
    pub(crate) exhausted: bool,
}

impl Default for Budget {
    fn default() -> Self {
        Self { statements: 50_000, work: 1 << 20, exhausted: false }
    }
}

impl Budget {
    /// Takes `work` units; false where they are not left.
    pub(crate) const fn spend(&mut self, work: usize) -> bool {
        let left = self.work.checked_sub(work);
        self.exhausted |= left.is_none();
        self.work = match left {
            Some(left) => left,
            None => 0,
        };
        left.is_some()
    }

    /// Whether half of what a question may cost is used up.
    pub(crate) const fn is_half_spent(&self) -> bool {
        self.statements < 25_000 || self.work < 1 << 19
    }

    /// Whether nothing is left.
    pub(crate) const fn is_spent(&self) -> bool {
        self.work == 0 || self.statements == 0
    }

    /// Takes one statement; false where none is left.
    pub(crate) const fn read(&mut self) -> bool {
        let left = self.statements.checked_sub(1);
        self.exhausted |= left.is_none();
        self.statements = match left {
            Some(left) => left,
            None => 0,
        };
        left.is_some()
    }
}
