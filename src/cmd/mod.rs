//! One module a command.

mod access;
mod ask;
mod attach;
mod audit;
mod authorities;
mod bench;
mod case;
mod checkpoint;
mod connect;
mod demo;
mod desk;
mod evidence;
mod finding;
mod gateway;
mod ground;
mod history;
mod import;
mod init;
mod keygen;
mod maintain;
mod sandbox;
mod scan;
mod serve;
mod statements;
mod submit;
mod validate;
mod verify_item;
mod witness;

use std::process::ExitCode;

use anyhow::Result;

pub use self::statements::At;
use crate::{
    cli::{Command, Trace},
    out::Out,
};

/// Runs a command.
pub fn run(command: Command, out: Out) -> Result<ExitCode> {
    match command {
        Command::Init(args) => init::run(&args, out),
        Command::Serve(args) => serve::run(&args, out),
        Command::Keygen(args) => keygen::run(&args, out),
        Command::Config(args) => serve::show(&args, out),
        Command::Sign(args) => submit::sign(&args, out),
        Command::Validate(args) => validate::run(&args, out),
        Command::Submit(args) => submit::run(&args, out),
        Command::Item(args) => scan::require_name(&args.item).and_then(|()| ask::item(&args, out)),
        Command::VerifyItem(args) => verify_item::run(&args, out),
        Command::History(args) => scan::require_name(&args.item).and_then(|()| history::run(&args, out)),
        Command::Trace(Trace::Source(args)) => {
            scan::require_name(&args.item).and_then(|()| ask::source(&args, out))
        }
        Command::Trace(Trace::Flow(args)) => {
            scan::require_name(&args.item).and_then(|()| ask::flow(&args, out))
        }
        Command::Desk(args) => desk::run(&args, out),
        Command::Case(command) => case::run(&command, out),
        Command::Finding(command) => finding::run(&command, out),
        Command::ImportLot(args) => import::lot(&args, out),
        Command::ImportLots(args) => import::lots(&args, out),
        Command::Ledger(args) => ask::ledger(&args, out),
        Command::Checkpoint(args) => checkpoint::run(&args, out),
        Command::Attach(command) => attach::run(&command, out),
        Command::Scan { text } => scan::run(&text, out),
        Command::Verify(args) => audit::verify(&args, out),
        Command::Audit(args) => audit::run(&args, out),
        Command::Rebuild(args) => maintain::rebuild(&args, out),
        Command::Backup { data, output } => maintain::backup(&data, &output, out),
        Command::Restore { backup, data } => maintain::restore(&backup, &data, out),
        Command::Access(command) => access::run(&command, out),
        Command::Evidence(command) => evidence::run(&command, out),
        Command::Demo(args) if args.serve => sandbox::run(&args, out),
        Command::Gateway(args) => gateway::run(args, out),
        Command::Witness(args) => witness::run(args, out),
        Command::Demo(args) => demo::run(&args, out),
        Command::Bench(args) => bench::run(&args, out),
    }
}

/// A runtime for commands that talk to a server.
fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
