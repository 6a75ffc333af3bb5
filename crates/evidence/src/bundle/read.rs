//! From the JSON's structs to a bundle: every bound, order and length.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use merkle::{Hash, MAX_PROOF_LEN};
use statement::{MAX_PAYLOAD, MAX_RUNS, Subject, SubjectKind, SubjectState};

use super::{
    Bundle, Content, Defect, Extent, Extraction, MAX_BUNDLE_LINKS, MAX_ENTRIES, MAX_HASHES, MAX_REASON,
    MAX_SUBJECTS, MAX_TOKENS, Query, QueryKind, ShownEntry, ShownLink, ShownSeal, ShownStamped, ShownSubject,
    order,
    wire::{
        Wire, WireEntry, WireExtraction, WireLink, WireQuery, WireRecord, WireRun, WireSeal, WireStamped,
        WireSubject,
    },
};
use crate::{PlacedRecord, RunProof, SubjectProof};

/// Most bytes of a canonical text.
const MAX_TEXT: usize = 256;

fn check(sound: bool, field: &str, english: &str, chinese: &str) -> Result<(), Defect> {
    if sound { Ok(()) } else { Err(Defect::format(field, english, chinese)) }
}

pub(crate) fn at_most(field: &str, count: usize, most: usize) -> Result<(), Defect> {
    check(count <= most, field, &format!("{count}, at most {most}"), &format!("{count}，至多 {most}"))
}

pub(crate) fn bytes(field: &str, text: &str) -> Result<Vec<u8>, Defect> {
    STANDARD.decode(text).map_err(|_| Defect::format(field, "faulty base64", "base64 有误"))
}

pub(crate) fn fixed<const N: usize>(field: &str, text: &str) -> Result<[u8; N], Defect> {
    let wrong = |_| Defect::format(field, "has another length", "长度不符");
    bytes(field, text)?.try_into().map_err(wrong)
}

/// 32 bytes in lower-case hexadecimal.
pub(crate) fn hex(field: &str, text: &str) -> Result<Hash, Defect> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let pair = |pair: &[u8; 2]| Some(digit(pair[0])? << 4 | digit(pair[1])?);
    let (pairs, rest) = text.as_bytes().as_chunks();
    let read: Option<Vec<u8>> = pairs.iter().map(pair).collect();
    let read = read.filter(|_| rest.is_empty()).and_then(|bytes| bytes.try_into().ok());
    read.ok_or_else(|| Defect::format(field, "is not 64 hexadecimal digits", "不是 64 位十六进制数"))
}

pub(super) fn bundle(wire: &Wire) -> Result<Bundle, Defect> {
    check(wire.version == 1, "version", "is not 1", "不是 1")?;
    at_most("entries", wire.entries.len(), MAX_ENTRIES)?;
    at_most("subjects", wire.subjects.len(), MAX_SUBJECTS)?;
    let links = wire.subjects.iter().map(|s| s.links.len()).sum();
    at_most("links", links, MAX_BUNDLE_LINKS)?;
    let mut table = Nodes::of(&wire.nodes)?;
    let bundle = Bundle {
        ledger: hex("ledger", &wire.ledger)?,
        query: query(&wire.query)?,
        extent: extent(&wire.closure)?,
        extraction: extraction(&wire.extraction)?,
        checkpoint: wire.checkpoint.clone(),
        tokens: tokens(&wire.tokens)?,
        stamped: wire.stamped.as_ref().map(|s| table.stamped(s)).transpose()?,
        seal: table.seal(&wire.seal)?,
        entries: wire.entries.iter().map(|e| table.entry(e)).collect::<Result<_, _>>()?,
        subjects: wire.subjects.iter().map(|s| table.subject(s)).collect::<Result<_, _>>()?,
    };
    let stamped = bundle.stamped.is_none() || !bundle.tokens.is_empty();
    check(stamped, "stamped", "is there without a token", "没有对应的时间戳")?;
    in_order(&bundle)?;
    let withheld = wire.withheld.0 == bundle.withheld();
    check(withheld, "withheld", "is not the number of entries withheld", "与未出示条目数不符")?;
    Ok(bundle)
}

/// Entries and links ascend by index, subjects by kind and text; the genesis comes first and nowhere else.
fn in_order(bundle: &Bundle) -> Result<(), Defect> {
    let entries = bundle.entries.is_sorted_by(|a, b| a.index < b.index);
    check(entries, "entries", "do not ascend", "未按升序排列")?;
    let is_genesis = |e: &ShownEntry| matches!(e.content, Content::Genesis { .. });
    let first = bundle.entries.first().is_some_and(|e| e.index == 0);
    let only = bundle.entries.iter().all(|e| is_genesis(e) == (e.index == 0));
    check(first && only, "entries", "must begin with the genesis", "须以创世条目开头")?;
    let subjects = bundle.subjects.is_sorted_by(|a, b| order(&a.subject) < order(&b.subject));
    check(subjects, "subjects", "do not ascend", "未按升序排列")?;
    let links = bundle.subjects.iter().all(|s| s.links.is_sorted_by(|a, b| a.entry < b.entry));
    check(links, "links", "do not ascend", "未按升序排列")
}

fn query(wire: &WireQuery) -> Result<Query, Defect> {
    let unknown = || Defect::format("query.kind", "is unknown", "未知类型");
    let kind = QueryKind::of_name(&wire.kind).ok_or_else(unknown)?;
    at_most("query.text", wire.text.len(), MAX_TEXT)?;
    let query = Query { kind, text: wire.text.clone(), as_of: wire.as_of.0 };
    // Another text was never named, trivially: its absence proves nothing.
    check(query.roots().is_some(), "query.text", "is not canonical", "不是规范写法")?;
    Ok(query)
}

fn extent(name: &str) -> Result<Extent, Defect> {
    let known = [Extent::Whole, Extent::Named].into_iter().find(|e| e.as_str() == name);
    known.ok_or_else(|| Defect::format("closure", "is unknown", "未知范围"))
}

fn extraction(wire: &WireExtraction) -> Result<Extraction, Defect> {
    at_most("extraction.party", wire.party.len(), MAX_TEXT)?;
    let reason = |field: &str, text: &str| {
        at_most(field, text.len(), MAX_REASON)?;
        check(!text.chars().any(char::is_control), field, "has control characters", "含控制字符")
    };
    reason("extraction.purpose", &wire.purpose)?;
    reason("extraction.case", &wire.case)?;
    let said = !wire.purpose.is_empty() || !wire.case.is_empty();
    check(said, "extraction", "names neither purpose nor case", "未写明用途或案件")?;
    Ok(Extraction {
        party: wire.party.clone(),
        key: hex("extraction.key", &wire.key)?,
        at: wire.at.0,
        purpose: wire.purpose.clone(),
        case: wire.case.clone(),
    })
}

fn tokens(wire: &[String]) -> Result<Vec<Vec<u8>>, Defect> {
    at_most("tokens", wire.len(), MAX_TOKENS.0)?;
    let tokens = wire.iter().map(|t| bytes("tokens", t)).collect::<Result<Vec<_>, _>>()?;
    at_most("tokens", tokens.iter().map(Vec::len).max().unwrap_or(0), MAX_TOKENS.1)?;
    Ok(tokens)
}

/// A subject by the name of its kind and its text.
pub(crate) fn subject(kind: &str, text: &str) -> Result<Subject<'static>, Defect> {
    let kind = SubjectKind::ALL.into_iter().find(|known| known.as_str() == kind);
    let kind = kind.ok_or_else(|| Defect::format("subject", "is of unknown kind", "未知类型"))?;
    at_most("subject", text.len(), MAX_TEXT)?;
    Ok(Subject::new(kind, text.to_owned()))
}

/// The hashes of all proofs, and how many more may be used.
pub(crate) struct Nodes {
    nodes: Vec<Hash>,
    left: usize,
}

impl Nodes {
    pub fn of(nodes: &[String]) -> Result<Self, Defect> {
        let nodes = nodes.iter().map(|n| fixed("nodes", n)).collect::<Result<_, _>>()?;
        Ok(Self { nodes, left: MAX_HASHES })
    }

    pub fn proof(&mut self, field: &str, places: &[u32]) -> Result<Vec<Hash>, Defect> {
        at_most(field, places.len(), MAX_PROOF_LEN)?;
        let left = self.left.checked_sub(places.len());
        self.left =
            left.ok_or_else(|| Defect::format(field, "too many hashes in all", "证明节点总数过多"))?;
        let hash =
            |place: &u32| usize::try_from(*place).ok().and_then(|place| self.nodes.get(place)).copied();
        let hashes: Option<Vec<Hash>> = places.iter().map(hash).collect();
        hashes.ok_or_else(|| Defect::format(field, "names no node", "引用了不存在的节点"))
    }

    fn stamped(&mut self, wire: &WireStamped) -> Result<ShownStamped, Defect> {
        let consistency = self.proof("stamped.consistency", &wire.consistency)?;
        Ok(ShownStamped { checkpoint: wire.checkpoint.clone(), consistency })
    }

    pub fn seal(&mut self, wire: &WireSeal) -> Result<ShownSeal, Defect> {
        Ok(ShownSeal {
            index: wire.index.0,
            leaf: fixed("seal.leaf", &wire.leaf)?,
            payload: bytes("seal.payload", &wire.payload)?,
            inclusion: self.proof("seal.inclusion", &wire.inclusion)?,
            consistency: self.proof("seal.consistency", &wire.consistency)?,
        })
    }

    fn entry(&mut self, wire: &WireEntry) -> Result<ShownEntry, Defect> {
        let read = |text: &Option<String>| text.as_deref().map(|t| bytes("payload", t)).transpose();
        let envelope = wire.envelope.as_deref().map(|e| fixed("envelope", e)).transpose()?;
        let content = match (envelope, read(&wire.payload)?) {
            (Some(envelope), Some(payload)) => Content::Statement { envelope, payload },
            (None, Some(payload)) => Content::Genesis { payload },
            (None, None) => Content::Withheld,
            (Some(_), None) => return Err(Defect::format("entries", "lacks a payload", "缺少载荷")),
        };
        if let Content::Genesis { payload } | Content::Statement { payload, .. } = &content {
            at_most("payload", payload.len(), MAX_PAYLOAD)?;
        }
        Ok(ShownEntry {
            index: wire.index.0,
            leaf: fixed("leaf", &wire.leaf)?,
            content,
            inclusion: self.proof("inclusion", &wire.inclusion)?,
        })
    }

    pub fn runs(&mut self, runs: &[WireRun]) -> Result<SubjectProof, Defect> {
        at_most("runs", runs.len(), MAX_RUNS)?;
        runs.iter().map(|r| self.run(r)).collect()
    }

    fn subject(&mut self, wire: &WireSubject) -> Result<ShownSubject, Defect> {
        let subject = subject(&wire.kind, &wire.text)?;
        Ok(ShownSubject {
            subject,
            proof: self.runs(&wire.runs)?,
            links: wire.links.iter().map(|l| self.link(l)).collect::<Result<_, _>>()?,
        })
    }

    fn run(&mut self, wire: &WireRun) -> Result<RunProof, Defect> {
        if let Some(s) = &wire.state {
            let alone = wire.left.is_none() && wire.right.is_none();
            check(alone, "runs", "both present and absent", "既在又不在")?;
            let state = SubjectState { head: fixed("head", &s.head)?, count: s.count.0, last: s.last.0 };
            return Ok(RunProof::Present { state, at: s.at.0, proof: self.proof("runs", &s.proof)? });
        }
        let mut record = |wire: &Option<WireRecord>| {
            let read = |r: &WireRecord| {
                let record = fixed("record", &r.record)?;
                Ok::<_, Defect>(PlacedRecord { at: r.at.0, record, proof: self.proof("runs", &r.proof)? })
            };
            wire.as_ref().map(read).transpose()
        };
        Ok(RunProof::Absent { left: record(&wire.left)?, right: record(&wire.right)? })
    }

    fn link(&mut self, wire: &WireLink) -> Result<ShownLink, Defect> {
        Ok(ShownLink {
            entry: wire.entry.0,
            at: wire.at.0,
            count: wire.count,
            blind: wire.blind.as_deref().map(|b| fixed("blind", b)).transpose()?,
            proof: self.proof("links", &wire.proof)?,
        })
    }
}
