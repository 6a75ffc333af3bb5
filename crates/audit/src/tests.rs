//! A small log that audits clean, and every way of spoiling it.

mod cheats;
mod checkpoints;
mod damage;
mod log;
mod time;
