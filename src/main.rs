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

use std::process::ExitCode;

use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let out = out::Out { json: cli.json, lang: lang::Lang::choose(cli.lang) };
    match cmd::run(cli.command, out) {
        Ok(code) => code,
        Err(error) => {
            out.error(&error);
            exit::code_of(&error)
        }
    }
}
