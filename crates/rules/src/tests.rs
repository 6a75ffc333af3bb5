//! Stories, one statement a line, and what rules say about them.

mod custody;
mod goods;
mod imports;
mod late;
mod order;
mod page;
mod registers;
mod story;
mod trade;
mod usage;
