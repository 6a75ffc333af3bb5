//! What rules judge by itself.

/// Something that is judged by itself: its hits are a function of what is recorded about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A unit or container, by any of its codes; judged under the least of them.
    Item(String),
}
