//! Stories, one statement a line, and what rules say about them.

mod custody;
mod goods;
mod story;
mod trade;
