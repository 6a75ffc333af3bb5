//! `yuanliu attach`: documents beside the ledger.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use client::{AttachmentFile, Client};
use merkle::Hash;
use proto::v1::{
    Attachment, AttachmentState, GetAttachmentRequest, GetAttachmentResponse, GetEntryRequest, StatementRef,
};
use serde_json::json;
use statement::Statement;

use super::{connect, runtime};
use crate::{cli, draw, exit, out::Out};

/// Runs one of its commands.
pub fn run(command: &cli::Attach, out: Out) -> Result<ExitCode> {
    match command {
        cli::Attach::Put(args) => runtime()?.block_on(put(args, out))?,
        cli::Attach::Get(args) => runtime()?.block_on(get(args, out))?,
        cli::Attach::Info(args) => runtime()?.block_on(info(args, out))?,
        cli::Attach::Rewrap(args) => rewrap(&args.data, out)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Uploads files and returns how statements name them.
pub async fn upload(client: &Client, files: &[String], out: Out) -> Result<Vec<Attachment>> {
    let mut named = Vec::with_capacity(files.len());
    for text in files {
        let (path, role) = split_role(text);
        let file = AttachmentFile::read(path, None)?;
        client.upload(&file, None).await.with_context(|| path.display().to_string())?;
        out.note(format!("{} {}", out.pick("uploaded", "已上传"), path.display()));
        named.push(file.named(role));
    }
    Ok(named)
}

/// `FILE:ROLE`, or a file alone, which then is "other".
fn split_role(text: &str) -> (&Path, &str) {
    let is_role = |r: &str| r.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    match text.rsplit_once(':') {
        Some((file, role)) if !role.is_empty() && is_role(role) && !Path::new(text).exists() => {
            (Path::new(file), role)
        }
        _ => (Path::new(text), "other"),
    }
}

async fn put(args: &cli::AttachPut, out: Out) -> Result<()> {
    let client = connect::reader(&args.connection, out).await?;
    let named = match args.entry {
        Some(entry) => Some(reference(&client, entry).await?.0),
        None => None,
    };
    for path in &args.files {
        let file = AttachmentFile::read(path, args.media_type.as_deref())?;
        let answer = client.upload(&file, named.clone()).await.with_context(|| path.display().to_string())?;
        let attachment = client::message_to_json("Attachment", &file.named(&args.role))?;
        if out.json {
            out.value(&json!({
                "file": path, "attachment": attachment, "known": answer.known, "expires_at": answer.expires_at,
            }));
            continue;
        }
        out.value(&attachment);
        if answer.expires_at > 0 {
            let text =
                out.pick("is kept until a statement names it, at most until", "等待声明引用，最迟保留至");
            out.note(format!("{} {text} {}", path.display(), draw::time(answer.expires_at)));
        }
    }
    Ok(())
}

/// The statement at an entry, and the documents that it names.
async fn reference(client: &Client, index: u64) -> Result<(StatementRef, Vec<Attachment>)> {
    let entry = client.get_entry(GetEntryRequest { index }).await?.entry.unwrap_or_default();
    if entry.withheld || entry.payload.is_empty() {
        return Err(exit::refused(
            format!("entry {index}: you may not see its contents"),
            format!("条目 {index}：您无权查看其内容"),
        ));
    }
    let statement = Statement::recorded(entry.payload).map_err(|_| {
        exit::refused(format!("entry {index} holds no statement"), format!("条目 {index} 不含声明"))
    })?;
    let header = statement.header();
    let named = StatementRef { party: header.party.clone(), id: header.id.clone(), digest: Vec::new() };
    Ok((named, header.attachments.clone()))
}

/// The one attachment whose digest begins like this, or the only one.
fn choose(attachments: &[Attachment], digest: Option<&str>) -> Result<Hash> {
    let begins = |a: &&Attachment| digest.is_none_or(|d| hex::encode(&a.digest).starts_with(d));
    let mut found = attachments.iter().filter(begins);
    let (first, second) = (found.next(), found.next());
    match (first.and_then(|a| a.digest.as_slice().try_into().ok()), second) {
        (Some(digest), None) => Ok(digest),
        (None, _) => Err(exit::refused("the entry names no such attachment", "该条目未引用此附件")),
        (Some(_), Some(_)) => Err(exit::usage(
            "the entry names several attachments: name one by its digest (`yuanliu attach info`)",
            "该条目引用了多个附件：请用摘要指明（`yuanliu attach info`）",
        )),
    }
}

async fn get(args: &cli::AttachGet, out: Out) -> Result<()> {
    if args.output.exists() {
        return Err(exit::usage(
            format!("{} exists", args.output.display()),
            format!("{} 已存在", args.output.display()),
        ));
    }
    let client = connect::reader(&args.connection, out).await?;
    let (named, attachments) = reference(&client, args.entry).await?;
    let digest = choose(&attachments, args.digest.as_deref())?;
    let part = part_of(&args.output);
    let mut file = File::create_new(&part).with_context(|| part.display().to_string())?;
    let fetched = client.download(named, &digest, &mut file).await;
    // Nobody takes for the document what is not known to be it.
    let head = match fetched.map_err(anyhow::Error::from).and_then(|head| {
        file.sync_all()?;
        fs::rename(&part, &args.output)?;
        Ok(head)
    }) {
        Ok(head) => head,
        Err(error) => {
            // What is left is worth nothing; that it is left is not worth a second error.
            let _ = fs::remove_file(&part);
            return Err(error);
        }
    };
    let digest = hex::encode(digest);
    if out.json {
        out.value(&json!({
            "file": args.output, "digest": digest, "media_type": head.media_type, "size": head.size,
        }));
    } else {
        let text = out.pick("whole and unaltered", "完整且未被改动");
        out.line(format!("{}  {} B  {}  {text}", args.output.display(), head.size, head.media_type));
    }
    Ok(())
}

fn part_of(output: &Path) -> PathBuf {
    let mut name = output.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    output.with_file_name(name)
}

async fn info(args: &cli::AttachInfo, out: Out) -> Result<()> {
    let client = connect::reader(&args.connection, out).await?;
    let (named, attachments) = reference(&client, args.entry).await?;
    for attachment in attachments {
        let request =
            GetAttachmentRequest { statement: Some(named.clone()), digest: attachment.digest.clone() };
        let answer = client.get_attachment(request).await?;
        tell(&attachment, &answer, out);
    }
    Ok(())
}

fn tell(attachment: &Attachment, answer: &GetAttachmentResponse, out: Out) {
    let (name, chinese) = match answer.state() {
        AttachmentState::Present => ("present", "在库"),
        AttachmentState::Erased => ("erased", "已抹除"),
        AttachmentState::Missing | AttachmentState::Unspecified => ("missing", "缺失"),
    };
    let digest = hex::encode(&attachment.digest);
    if out.json {
        out.value(&json!({
            "digest": digest, "role": attachment.role, "media_type": answer.media_type, "size": answer.size,
            "state": name, "erased_by": answer.erased_by,
        }));
        return;
    }
    let by = match answer.erased_by {
        Some(entry) => format!(" ({} {entry})", out.pick("entry", "条目")),
        None => String::new(),
    };
    let (role, media_type, size) = (&attachment.role, &answer.media_type, answer.size);
    out.line(format!("{}{by}  {role}  {media_type}  {size} B  {digest}", out.pick(name, chinese)));
}

/// `yuanliu attach rewrap`
fn rewrap(data: &Path, out: Out) -> Result<()> {
    let place = server::attachments_place(data)?;
    let count = attachments::rewrap(&place.directory, &place.key)?;
    if out.json {
        out.value(&json!({ "attachments": count }));
    } else {
        out.line(format!("{count} {}", out.pick("attachments have a new key", "个附件已换用新密钥")));
        out.note(out.pick(
            "Backups made before need the old key: keep it with them.",
            "此前的备份仍需旧密钥：请与备份一并保存。",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_role_is_what_follows_the_last_colon_if_it_can_be_one() {
        let table = [
            ("a.pdf", ("a.pdf", "other")),
            ("a.pdf:invoice", ("a.pdf", "invoice")),
            ("C:a.pdf", ("C:a.pdf", "other")),
            ("a:b.pdf:test-report", ("a:b.pdf", "test-report")),
            ("a.pdf:", ("a.pdf:", "other")),
        ];
        for (text, (file, role)) in table {
            assert_eq!(split_role(text), (Path::new(file), role), "{text}");
        }
    }
}
