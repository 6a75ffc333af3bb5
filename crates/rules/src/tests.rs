//! Stories, one statement a line, and what rules say about them.

mod custody;
mod goods;
mod imports;
mod registers;
mod story;
mod trade;
