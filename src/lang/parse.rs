//! From the words of a command line to a command, in the language they ask for.

use std::{ffi::OsString, process::ExitCode};

use clap::{
    CommandFactory as _, FromArgMatches as _,
    error::{ContextKind, ErrorKind},
};

use super::{Lang, help};
use crate::{
    cli::Cli,
    exit,
    out::{Out, failed},
};

/// Reads the command line. Help, version and faults are told at once; then there is only an exit code.
pub fn parse(words: &[OsString]) -> Result<(Cli, Out), ExitCode> {
    let asked = Lang::choose(asked(words));
    let command = match asked {
        Lang::En => Cli::command(),
        Lang::Zh => help::chinese(Cli::command()),
    };
    let read = command.try_get_matches_from(words).and_then(|m| Cli::from_arg_matches(&m));
    match read {
        Ok(cli) => {
            let out = Out { json: cli.json, lang: Lang::choose(cli.lang) };
            Ok((cli, out))
        }
        Err(error) => Err(tell(&error, words, asked)),
    }
}

/// The language named, before anything else of the line has been understood.
fn asked(words: &[OsString]) -> Option<Lang> {
    let words: Vec<&str> = words.iter().filter_map(|w| w.to_str()).collect();
    let after = words.windows(2).find(|pair| pair[0] == "--lang").map(|pair| pair[1]);
    let joined = || words.iter().find_map(|w| w.strip_prefix("--lang="));
    let env = std::env::var("YUANLIU_LANG").ok();
    match after.or_else(joined).or(env.as_deref())? {
        "zh" => Some(Lang::Zh),
        "en" => Some(Lang::En),
        _ => None,
    }
}

/// Prints what clap has to say. Whoever asked for JSON gets a failure in that form as well.
fn tell(error: &clap::Error, words: &[OsString], lang: Lang) -> ExitCode {
    let code = u8::try_from(error.exit_code()).unwrap_or(exit::USAGE);
    if !error.use_stderr() {
        // Help or version, in standard output. Whoever closed it does not want the rest.
        let _ = error.print();
        return ExitCode::from(code);
    }
    let out = Out { json: words.iter().any(|w| w == "--json"), lang };
    let message = match lang {
        Lang::En => None,
        Lang::Zh => chinese(error),
    };
    let plain = error.render().to_string();
    match &message {
        Some(text) => out.note(format!("错误：{text}\n\n更多信息请用 --help")),
        None => drop(error.print()),
    }
    if out.json {
        out.value(&failed(
            serde_json::json!({}),
            code,
            "",
            message.as_deref().unwrap_or(&first_part(&plain)),
        ));
    }
    ExitCode::from(code)
}

/// What clap says before usage and advice, in one line: it lists what is missing below a first line.
fn first_part(plain: &str) -> String {
    let lines: Vec<&str> = plain.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    lines.join(" ").trim_start_matches("error: ").to_owned()
}

/// The faults people make most, in Chinese; others stay in clap's words.
fn chinese(error: &clap::Error) -> Option<String> {
    let about = |kind: ContextKind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let (arg, value) = (about(ContextKind::InvalidArg), about(ContextKind::InvalidValue));
    let why = std::error::Error::source(error).map(|e| format!("：{e}")).unwrap_or_default();
    Some(match error.kind() {
        ErrorKind::UnknownArgument => format!("没有参数 {arg}"),
        ErrorKind::MissingRequiredArgument => format!("缺少必需的参数 {arg}"),
        ErrorKind::InvalidSubcommand => format!("没有命令 {}", about(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingSubcommand => "缺少命令".into(),
        ErrorKind::InvalidValue if value.is_empty() => format!("参数 {arg} 缺少值"),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("参数 {arg} 的值 \"{value}\" 无效{why}")
        }
        ErrorKind::ArgumentConflict => {
            format!("参数 {arg} 与 {} 不能同时使用", about(ContextKind::PriorArg))
        }
        _ => return None,
    })
}
