//! A small log that audits clean, and every way of spoiling it.

mod ahead;
mod cheats;
mod checkpoints;
mod damage;
mod leaves;
mod log;
mod time;
