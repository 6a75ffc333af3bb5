//! Errors of the crates below in Chinese. They speak English themselves; what a system or a library says
//! inside of them stays as it is.

mod proofs;
mod witness;

use std::{error::Error, time::Duration};

use client::{
    AttachmentError, ClientError, Failure, HistoryFault, JsonError, KeyFileError, SignError, SubmitError,
};
use server::{ServeError, TimestampError, TlsError, WitnessError};
use store::StoreError;

use super::Lang;
use crate::{cmd::At, exit, reasons};

/// An error and its causes, outermost first, each told once.
pub fn causes(error: &anyhow::Error, lang: Lang) -> String {
    let mut told: Vec<String> = Vec::new();
    for cause in error.chain() {
        let english = cause.to_string();
        let text = match lang {
            Lang::En => None,
            Lang::Zh => chinese(cause),
        };
        let text = text.unwrap_or_else(|| english.clone());
        // Many errors put what caused them into their own words.
        if !told.iter().any(|t| t.contains(&text) || t.contains(&english)) {
            told.push(text);
        }
    }
    told.join(lang.pick(": ", "："))
}

/// A cause in Chinese, where this program knows it.
fn chinese(cause: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = cause.downcast_ref::<exit::Failure>() {
        return Some(error.text(Lang::Zh).to_owned());
    }
    if let Some(error) = cause.downcast_ref::<SubmitError>() {
        let (settled, waiting) = (error.summary.recorded + error.summary.refused, error.unsettled.len());
        return Some(format!("{}（已处理 {settled} 条，待处理 {waiting} 条）", of_client(&error.error)));
    }
    if let Some(at) = cause.downcast_ref::<At>() {
        return Some(at.place.to_chinese());
    }
    let json = cause.downcast_ref().map(JsonError::to_chinese);
    json.or_else(|| cause.downcast_ref().map(of_client))
        .or_else(|| cause.downcast_ref().map(of_signing))
        .or_else(|| cause.downcast_ref().map(of_key_file))
        .or_else(|| cause.downcast_ref().map(of_store))
        .or_else(|| cause.downcast_ref().map(of_ledger))
        .or_else(|| cause.downcast_ref().map(of_serving))
        .or_else(|| cause.downcast_ref().map(of_witness))
        .or_else(|| cause.downcast_ref().map(of_attaching))
        .or_else(|| witness::chinese(cause))
        .or_else(|| cause.downcast_ref().map(|e: &figment::Error| format!("配置有误：{e}")))
}

fn of_client(error: &ClientError) -> String {
    match error {
        ClientError::Retry(failure) => format!("{}（请稍后重试）", of_failure(failure)),
        ClientError::Fix(failure) | ClientError::Stop(failure) => of_failure(failure),
        ClientError::BadReceipt(bad) => match &bad.fault {
            Some(fault) => format!("服务端给出了虚假的回执：{}", proofs::of_receipt(fault)),
            None => "服务端为格式错误的签名给出了回执".into(),
        },
        ClientError::BadCheckpoint(bad) => format!("服务端给出的检查点无效：{}", proofs::of_note(&bad.fault)),
        ClientError::BadHistory(bad) => {
            let what = match &bad.fault {
                HistoryFault::RolledBack { newest, seen } => {
                    format!("日志被回退：最新检查点只有 {newest} 条，此前曾签署 {seen} 条")
                }
                HistoryFault::Growth(fault) => format!("日志出现两份历史：{}", proofs::of_growth(fault)),
            };
            match &bad.saved {
                Some(file) => format!("{what}；两份检查点已存入 {}", file.display()),
                None => what,
            }
        }
    }
}

/// That statements are sent again after a wait, and why.
pub fn waiting(failure: &Failure, delay: Duration, lang: Lang) -> String {
    let seconds = delay.as_secs_f32();
    match failure.reason.as_str() {
        client::reason::UNREACHABLE => match lang {
            Lang::En => format!("the connection broke; sending the same again in {seconds:.1} s"),
            Lang::Zh => format!("连接中断；{seconds:.1} 秒后原样重发"),
        },
        _ => format!("{}; {seconds:.1} s", failure.message),
    }
}

/// The server speaks Chinese when asked to; what was found on this side is put into words here.
fn of_failure(failure: &Failure) -> String {
    let what = match failure.reason.as_str() {
        "" => format!("{:?}", failure.code),
        reason => reasons::of(reason).map_or_else(|| reason.to_owned(), reasons::Row::chinese),
    };
    let violations = failure.violations.iter().map(|v| format!("；{}：{}", v.field, v.description));
    format!("{what}：{}{}", failure.message, violations.collect::<String>())
}

fn of_signing(error: &SignError) -> String {
    match error {
        SignError::Contradiction { field, found, expected } => {
            format!("header.{field} 为 {found}，而本签署方为 {expected}")
        }
        SignError::Refused(refusal) => refusal.to_chinese(),
        SignError::Random(e) => format!("系统无法提供随机数：{e}"),
        SignError::Key(fault) => format!("密钥无法签名：{}", fault.0),
        SignError::Clock => "系统时钟有误".into(),
    }
}

fn of_key_file(error: &KeyFileError) -> String {
    match error {
        KeyFileError::Io { action, path, source } => {
            let action = match *action {
                "create" => "创建",
                "write" => "写入",
                _ => "读取",
            };
            format!("无法{action}密钥文件 {}：{source}", path.display())
        }
        KeyFileError::Exists(path) => {
            format!("{} 已存在；密钥从不覆盖：请另选路径或移走该文件", path.display())
        }
        KeyFileError::NotAKey { path, fault } => {
            format!("{} 不是 PKCS#8 PEM 格式的 Ed25519 私钥：{fault}", path.display())
        }
        KeyFileError::PassphraseNeeded(path) => format!("{} 已加密：需要口令", path.display()),
        KeyFileError::WrongPassphrase(path) => format!("口令无法打开 {}", path.display()),
        KeyFileError::EmptyPassphrase => "口令为空".into(),
        KeyFileError::Random(e) => format!("系统无法提供随机数：{e}"),
    }
}

fn of_attaching(error: &AttachmentError) -> String {
    match error {
        AttachmentError::Io { path, source } => format!("{}：{source}", path.display()),
        AttachmentError::Empty(path) => format!("{} 是空文件", path.display()),
        AttachmentError::MediaType(path) => {
            format!("{}：由文件名看不出媒体类型；请注明类型，或使用常见后缀（.pdf、.jpg 等）", path.display())
        }
        AttachmentError::Random(e) => format!("系统无法提供随机数：{e}"),
    }
}

fn of_store(error: &StoreError) -> String {
    match error {
        StoreError::Locked { dir, owner } => {
            let owner = match owner.strip_prefix("process ") {
                Some(id) => format!("进程 {id}"),
                // Who has it, only a lock tells that has no name in it.
                None => "另一进程".to_owned(),
            };
            format!("{} 正被{owner}使用：请先停止该进程", dir.display())
        }
        StoreError::NotEmpty(dir) => format!("{} 非空：请指定空目录或新目录", dir.display()),
        StoreError::Taken(key) => format!("{} 已存在，不予覆盖：请移走，或指定其他目录", key.display()),
        StoreError::NotADirectory(dir) => format!("{} 不是目录：请指定空目录或新目录", dir.display()),
        StoreError::NoLedger(dir) => {
            format!("{} 中没有账本：请用 `yuanliu init` 创建，或指定其他目录", dir.display())
        }
        StoreError::Inside { to, dir } => {
            format!("{} 位于账本目录 {} 之内：请指定目录之外的位置", to.display(), dir.display())
        }
        StoreError::Version { what, found, expected, .. } => {
            let (what, todo) = match *what {
                "the view" => ("视图", "请运行 `yuanliu rebuild`"),
                _ => ("日志", "请使用写入它的程序版本"),
            };
            format!("{what}的格式版本为 {found}，本程序可读 {expected}：{todo}")
        }
        StoreError::Damaged { table, key, fault } => {
            format!("{table} 表第 {key} 行已损坏：{fault}；请从备份恢复")
        }
        StoreError::View(fault) => format!("视图已损坏：{fault}；请运行 `yuanliu rebuild`"),
        StoreError::RocksDb { doing, source } => format!("存储出错（{doing}）：{source}"),
        StoreError::Io { path, source } => format!("{}：{source}", path.display()),
    }
}

fn of_ledger(error: &ledger::Error) -> String {
    use ledger::Error as E;
    match error {
        E::Store(error) => of_store(error),
        E::View(error) => format!("读取视图失败：{error}"),
        E::Genesis(error) => format!("首条目有误：{error}"),
        E::WrongLogKey { given, named } => {
            format!("给出的日志密钥为 {given}，而账本首条目指定的是 {named}：请使用账本自己的密钥")
        }
        E::WrongAnswerKey { given, named } => {
            format!("给出的应答密钥为 {given}，而账本首条目指定的是 {named}：请使用账本自己的密钥")
        }
        E::Access { index, fault } => format!("条目 {index} 的访问摘要不符：{fault}；请从备份恢复"),
        E::Unsealed { index, most } => {
            format!(
                "自条目 {index} 起，未封印的链接将超过 {most} 个：账本在下一封印前不会记录这么多；若仍要信任此日志，请询问运营方为何未封印"
            )
        }
        E::NotRecorded(fault) => format!("读取未能记录：{fault}"),
        E::Entry { index, fault } => format!("条目 {index} 已损坏：{fault}；请从备份恢复"),
        E::Seal { index, fault } => format!("条目 {index} 的封印不符：{fault}；请从备份恢复"),
        E::Runs(error) => format!("封印所用文件有误：{error}"),
        E::NoSeal => "尚无封印；首条声明后一分钟内会有第一个".into(),
        E::NoCheckpoint => "尚未签署检查点：请先启动一次服务端".into(),
        E::LostEntries { entries, signed } => {
            format!("日志有 {entries} 条，但已签署过 {signed} 条的检查点：有条目丢失；请从副本恢复")
        }
        E::Fork { size } => format!("{size} 条的检查点所签根哈希与现有条目不符：请从备份恢复"),
        E::ForeignView { view, log } => {
            format!(
                "视图不属于此日志（视图取自 {view} 条，日志有 {log} 条）：若日志丢失了条目，请从含有这些条目的副本恢复；\
                 若日志无误，请运行 `yuanliu rebuild`"
            )
        }
        E::ClockJump { ahead_s } => {
            format!("最后一条的记录时间比本机时间晚 {ahead_s} 秒：请校正时钟，或确认后加 --accept-clock-jump")
        }
        E::ClockLeap { behind_s, most_s } => format!(
            "最后一条的记录时间比本机时间早 {behind_s} 秒，超过允许的 {most_s} 秒：\
             请检查时钟；若账本确实闲置了这么久，加 --accept-clock-jump"
        ),
        E::NoSuchProof { size, entries } => format!("无法证明 {size} 条的日志：现有 {entries} 条"),
        E::Proof(error) => format!("无法给出证明：{error}"),
        E::Thread(error) => format!("无法启动线程：{error}"),
        E::Setting(fault) => format!("设置有误：{fault}"),
        E::Stopped(cause) => format!("写入已停止：{}", of_stop(cause)),
    }
}

fn of_stop(cause: &ledger::StopCause) -> String {
    use ledger::StopCause as C;
    match cause {
        C::Shutdown => "已被要求结束".into(),
        C::Storage(error) => format!("存储出错：{error}；请排除故障后重新启动"),
        C::Clock { parted_ms } => format!("本机时钟跳变 {parted_ms} 毫秒；请校正后重新启动"),
        C::Inconsistent { index, fault } => {
            format!("条目 {index} 处的自检未通过：{fault}；请检测内存后重新启动")
        }
        C::Witness(fault) => format!("{fault}；请查明哪一份历史为真"),
        C::ThreadLost => "写入线程意外结束；请重新启动".into(),
    }
}

fn of_serving(error: &ServeError) -> String {
    match error {
        ServeError::Tls(error) => of_tls(error),
        ServeError::Bind { address, source } => {
            format!("无法监听 {address}：{source}；请另选地址，或结束占用它的程序")
        }
        ServeError::Origin(origin) => {
            format!("cors_origins：\"{origin}\" 不是来源，应形如 https://console.example.cn")
        }
        ServeError::Transport(error) => format!("gRPC 传输失败：{error}"),
        ServeError::Reflection(error) => format!("reflection：{error}"),
        ServeError::Ledger(error) => of_ledger(error),
        ServeError::Witness(error) => of_witness(error),
        ServeError::Timestamp(error) => of_timestamp(error),
        ServeError::Findings(error) => format!("规则发现目录：{error}"),
        ServeError::Documents(error) => format!("附件目录：{error}"),
        ServeError::Task(error) => format!("服务的一部分失败：{error}"),
    }
}

fn of_witness(error: &WitnessError) -> String {
    match error {
        WitnessError::Key { at, fault } => {
            format!("server.witness.at[{at}].key：{fault}；请取自 `keygen --witness`")
        }
        WitnessError::Twice(at) => format!("server.witness.at[{at}] 的密钥与另一项相同：同一见证者只计一次"),
        WitnessError::Quorum { quorum, witnesses } => {
            format!("server.witness.quorum 为 {quorum}，而见证者只有 {witnesses} 个")
        }
        WitnessError::Feeder(error) => format!("见证者设置有误：{error}"),
        WitnessError::History(error) => format!(
            "{error}。尚未签署任何内容。请从副本或较新的备份恢复缺失的条目；否则请终止此账本，\
             并以它为前身新建账本"
        ),
        WitnessError::Note => "所存最新检查点不是已签署的文书；请从备份恢复".into(),
    }
}

fn of_timestamp(error: &TimestampError) -> String {
    match error {
        TimestampError::NoRoots => {
            "设置了 server.timestamp.urls，则须设置 roots：向时间戳机构签发证书者的证书（PEM）".into()
        }
        TimestampError::TooMany(most) => format!("server.timestamp.urls 超过 {most} 个"),
        TimestampError::Read { path, source } => {
            format!("server.timestamp.roots：无法读取 {}：{source}", path.display())
        }
        TimestampError::Roots { path, source } => {
            format!("server.timestamp.roots：{} 不是可用的证书（{source}）", path.display())
        }
        TimestampError::Link(error) => format!("server.timestamp 设置有误：{error}"),
    }
}

fn of_tls(error: &TlsError) -> String {
    match error {
        TlsError::HalfConfigured => "tls.cert 与 tls.key 须同时设置；两者都不设则使用开发证书".into(),
        TlsError::File { path, source } => format!("{}：{source}；请检查路径与权限", path.display()),
        TlsError::Content { path, fault } => format!("{}：{fault}", path.display()),
        TlsError::Names(error) => format!("tls.names：{error}"),
    }
}
