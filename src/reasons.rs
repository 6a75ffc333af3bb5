//! Reasons that this program finds itself, and does not take from an answer: one table, from which the part of
//! docs/ERRORS.md on the command line is made. Renew it with `YUANLIU_RENEW=1 cargo t --bin yuanliu reasons`.

use client::reason as client;

use crate::exit::{INTERRUPTED, MACHINE, REFUSED, UNREACHABLE, USAGE};

/// A view that was rebuilt is not the one that was in use.
pub const VIEW_DIFFERED: &str = "VIEW_DIFFERED";
/// The view in use is not what the log gives.
pub const VIEW_DIFFERS: &str = "VIEW_DIFFERS";
/// A checkpoint that was named does not go with the log.
pub const CHECKPOINT_DIFFERS: &str = "CHECKPOINT_DIFFERS";
/// The log is signed with another key than expected.
pub const OTHER_LOG_KEY: &str = "OTHER_LOG_KEY";
/// Recorded times are later than others saw the log.
pub const TIMES_DIFFER: &str = "TIMES_DIFFER";
/// An entry is not what its contents give.
pub const DEFECT: &str = "DEFECT";

/// A reason in words.
pub struct Row {
    /// The stable name.
    pub reason: &'static str,
    /// The exit code it leads to.
    pub exit: u8,
    /// Cause and remedy in English, cause and remedy in Chinese.
    parts: [&'static str; 4],
}

impl Row {
    /// What is wrong, in Chinese, and what to do.
    pub fn chinese(&self) -> String {
        let [_, _, cause, remedy] = self.parts;
        format!("{cause}（{remedy}）")
    }
}

const fn row(reason: &'static str, exit: u8, parts: [&'static str; 4]) -> Row {
    Row { reason, exit, parts }
}

/// All of them.
pub const ROWS: &[Row] = &[
    row(
        client::UNREACHABLE,
        UNREACHABLE,
        [
            "nobody answers at the address, or the connection broke",
            "try again, the same bytes are safe to send; check --server and whether the ledger runs",
            "无法连接服务端或连接中断",
            "请稍后原样重试，并检查 --server 与服务是否运行",
        ],
    ),
    row(
        client::CERTIFICATE,
        USAGE,
        [
            "the server's certificate does not verify",
            "name the certificate to trust with --ca, and the server as the certificate does",
            "服务端证书不受信任",
            "请用 --ca 指定可信证书，并按证书所列名称填写服务地址",
        ],
    ),
    row(
        client::OTHER_LEDGER,
        USAGE,
        [
            "the server or directory keeps another ledger than the one expected",
            "check --server and --ledger",
            "服务端或目录中保存的是另一账本",
            "请检查 --server 与 --ledger",
        ],
    ),
    row(
        client::SETTINGS,
        USAGE,
        [
            "the options of the connection cannot be",
            "correct them as the message says",
            "连接参数有误",
            "请按说明更正",
        ],
    ),
    row(
        client::PROTOCOL,
        MACHINE,
        [
            "an answer does not keep to the protocol, so something between is at fault, or the server",
            "tell the operator; nothing is known of a statement that was under way, send the same bytes again",
            "服务端的应答不符合协议",
            "请联系运维；在途声明结果未知，可原样重新提交",
        ],
    ),
    row(
        client::ACCESS_RECORD,
        MACHINE,
        [
            "an answer does not carry the ledger's signed word that the read was recorded",
            "keep what the message names as evidence, and tell the auditor",
            "应答所附访问记录无效",
            "请保留说明所指的内容作为证据，并告知审计方",
        ],
    ),
    row(
        client::ACCESS_RECORD_MISSING,
        MACHINE,
        [
            "an answer carries no access record, though the reader keeps records and so insists on them",
            "do not use the answer; where your party is an authority or auditor on this ledger, the read was not recorded: tell \
             the auditor; else leave --access-records out, for your reads are not recorded",
            "应答未附访问记录，而读取方须保存记录",
            "请勿采用该应答；贵主体在本账本若为主管部门或审计方，则此次读取未被记录，请告知审计方；否则请勿使用 --access-records，其读取本不记录",
        ],
    ),
    row(
        client::LOCAL,
        MACHINE,
        [
            "a file on this side, or a key, cannot be used",
            "see to what the message names",
            "本地文件或密钥出错",
            "请处理说明所指的问题",
        ],
    ),
    row(
        DEFECT,
        REFUSED,
        [
            "an entry is not what its contents give; `index` names the first",
            "keep the log as it is and the report; use the copy no further",
            "条目与其内容不符，index 为首个差异",
            "请保留日志原状与报告，不再使用该副本",
        ],
    ),
    row(
        CHECKPOINT_DIFFERS,
        REFUSED,
        [
            "a checkpoint that was named, or lies in the log, does not go with the entries",
            "keep both: a log key that signed two histories is proof against the operator",
            "所给或日志中的检查点与条目不符",
            "请同时保留两者：同一日志公钥签署两份历史即为运营方的反证",
        ],
    ),
    row(
        OTHER_LOG_KEY,
        REFUSED,
        [
            "the log is signed with another key than the one expected",
            "ask the operator for the verifier key over another channel",
            "日志公钥不是所期望的",
            "请经其他渠道向运营方核实公钥",
        ],
    ),
    row(
        TIMES_DIFFER,
        REFUSED,
        [
            "entries say that they were recorded after a witness or a time-stamping authority had seen them",
            "keep the report: a clock was set back, or entries are dated wrongly",
            "条目记录时间晚于见证或时间戳机构所见时间",
            "请保留报告：时钟曾被回拨，或条目时间有误",
        ],
    ),
    row(
        VIEW_DIFFERS,
        REFUSED,
        [
            "the view in use is not what the log gives",
            "stop the server and run yuanliu rebuild; the log is whole",
            "使用中的视图与日志推导结果不符",
            "请停止服务并执行 yuanliu rebuild；日志完好",
        ],
    ),
    row(
        VIEW_DIFFERED,
        REFUSED,
        [
            "the view that was in use was not what the log gives; the new one is",
            "nothing more to do; look for the cause in the server's log",
            "重建前的视图与日志推导结果不符，新视图已更正",
            "无需其他操作；请在服务日志中查找原因",
        ],
    ),
    row(
        "REFUSED",
        REFUSED,
        [
            "something was refused or a check failed, and the message says what",
            "correct it as the message says",
            "被拒绝或核验未通过",
            "请按说明更正",
        ],
    ),
    row(
        "WRONG_USE",
        USAGE,
        [
            "an argument or a setting, or what it names, cannot be",
            "correct it as the message says; every command has --help",
            "参数或设置有误",
            "请按说明更正；各命令均有 --help",
        ],
    ),
    row(
        "MACHINE",
        MACHINE,
        [
            "a file or the machine failed",
            "see to what the message names",
            "文件或机器故障",
            "请处理说明所指的问题",
        ],
    ),
    row(
        "INTERRUPTED",
        INTERRUPTED,
        [
            "the command was asked to end before all was done",
            "go on from where the message says",
            "未完成即被要求结束",
            "请从说明所指之处继续",
        ],
    ),
];

/// The row of a reason that is found on this side.
pub fn of(reason: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.reason == reason)
}

#[cfg(test)]
mod tests;
