//! `yuanliu`: flags → configuration → wiring. What it does stands in the crates.

mod child;
mod cli;
mod cmd;
mod config;
mod draw;
mod exit;
mod keys;
mod lang;
mod out;
mod reasons;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    let (cli, out) = match lang::parse(&words) {
        Ok(read) => read,
        Err(code) => return code,
    };
    let code = match cmd::run(cli.command, out) {
        Ok(code) => code,
        Err(error) => {
            out.error(&error);
            exit::code_of(&error)
        }
    };
    // An answer that was not written was not given, whatever it was.
    match out.unwritten() {
        Some(error) => {
            out.note(out.told(&error));
            exit::code_of(&error)
        }
        None => code,
    }
}
