//! Errors of the crate `witness` in Chinese.

use std::error::Error;

use witness::{LogsError, ServeError, SettingsError, StateError, TlsFileError};

/// A cause in Chinese, if it is one of these.
pub(super) fn chinese(cause: &(dyn Error + 'static)) -> Option<String> {
    let state = cause.downcast_ref().map(of_state);
    state.or_else(|| cause.downcast_ref().map(of_settings)).or_else(|| cause.downcast_ref().map(of_serving))
}

fn of_state(error: &StateError) -> String {
    match error {
        StateError::Absent(dir) => format!(
            "{} 中没有见证者的状态：若此见证者从未联署过，请加 --new 启动；若状态已丢失，请恢复最新的副本，\
             或换用新密钥重新开始，因为它联署过什么已无从得知",
            dir.display()
        ),
        StateError::Exists(dir) => format!("{} 中已有见证者的状态：请去掉 --new 启动", dir.display()),
        StateError::InUse(path) => format!("{} 正被另一进程使用：请先停止那个见证者", path.display()),
        StateError::Foreign { path, found, expected } => {
            format!(
                "{} 是见证者 {found} 的状态，而非 {expected} 的：请使用其密钥，或另选目录",
                path.display()
            )
        }
        StateError::Meaning { path, audits: true } => {
            format!("{} 是审计见证者的状态：请以 --audit 启动，或换用新密钥重新开始", path.display())
        }
        StateError::Meaning { path, audits: false } => {
            format!("{} 是不作审计的见证者的状态：请去掉 --audit 启动，或换用新密钥重新开始", path.display())
        }
        StateError::Version { path, found } => {
            format!("{} 的格式版本为 {found}，本程序不能读取：请使用写入它的程序", path.display())
        }
        StateError::Damaged { path, fault } => format!(
            "{} 已损坏（{fault}）：不再联署；请恢复不早于它的副本，或换用新密钥重新开始",
            path.display()
        ),
        StateError::Storage { path, fault } => format!("{} 无法读写：{fault}", path.display()),
    }
}

fn of_settings(error: &SettingsError) -> String {
    match error {
        SettingsError::Read { path, source } => format!("无法读取设置 {}：{source}", path.display()),
        SettingsError::Shape { path, source } => format!("设置有误：{}：{source}", path.display()),
        SettingsError::Missing(name) => format!("未设置 {name}：请用 --{name}，或在设置文件中写 {name} = …"),
        SettingsError::LogKey { key, fault } => format!("日志公钥 {key} 有误：{fault}"),
        SettingsError::Logs(LogsError::None) => "未指明日志：请用 --log 给出至少一个日志的验证公钥".into(),
        SettingsError::Logs(LogsError::TooMany) => format!("日志超过 {} 个", witness::MAX_LOGS),
        SettingsError::Logs(LogsError::TooManyKeys(origin)) => {
            format!("日志 {origin} 的公钥超过 {} 个", witness::MAX_KEYS)
        }
        SettingsError::Unaudited(origin) => {
            format!(
                "日志 {origin} 没有 [[audit]] 一节：审计见证者须能读取其全部内容（log、server、party、key）"
            )
        }
        SettingsError::AuditedTwice(origin) => format!("日志 {origin} 有多个 [[audit]] 节"),
        SettingsError::NotAuditing => {
            "设置中有 [[audit]] 节：请加 --audit，或在设置文件中写 audits = true".into()
        }
        SettingsError::Transport => {
            "请给出 TLS 的证书与私钥（--tls-cert 与 --tls-key）；若由代理提供 TLS，请写明 --plain-http".into()
        }
        SettingsError::Prefix(prefix) => {
            format!("prefix {prefix}：须以斜杠开头、不以斜杠结尾，且只含字母、数字与 - . _ ~ /")
        }
    }
}

fn of_serving(error: &ServeError) -> String {
    match error {
        ServeError::Tls(TlsFileError::Read { path, source }) => {
            format!("无法读取 {}：{source}", path.display())
        }
        ServeError::Tls(TlsFileError::Content { path, fault }) => {
            format!("{} 不能用于 TLS：{fault}", path.display())
        }
        ServeError::Bind { address, source } => {
            format!("无法监听 {address}：{source}；请另选地址，或结束占用它的程序")
        }
        ServeError::State(error) => of_state(error),
    }
}
