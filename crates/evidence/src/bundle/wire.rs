//! The JSON of a bundle. Fields stand in the order of these structs, without white space; binary values are
//! base64, ids hexadecimal. Every hash of a proof stands once, in `nodes`, ascending; proofs are lists of places
//! in it.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use merkle::Hash;
use serde::{Deserialize, Serialize};
use statement::hex_text;

use super::{
    Bundle, Content, Defect, Extent, Extraction, MAX_NUMBER, Query, QueryKind, ShownEntry, ShownLink,
    ShownSeal, ShownStamped, ShownSubject, read,
};
use crate::{PlacedRecord, RunProof};

/// A number that every JSON library reads exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64")]
pub(crate) struct Number(pub u64);

impl TryFrom<u64> for Number {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        if number <= MAX_NUMBER { Ok(Self(number)) } else { Err("above 2^53 - 1") }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wire {
    pub version: u32,
    pub ledger: String,
    pub query: WireQuery,
    pub closure: String,
    pub withheld: Number,
    pub extraction: WireExtraction,
    pub checkpoint: String,
    pub tokens: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamped: Option<WireStamped>,
    pub seal: WireSeal,
    pub entries: Vec<WireEntry>,
    pub subjects: Vec<WireSubject>,
    pub nodes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireQuery {
    pub kind: String,
    pub text: String,
    pub as_of: Number,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireExtraction {
    pub party: String,
    pub key: String,
    pub at: Number,
    pub purpose: String,
    pub case: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireStamped {
    pub checkpoint: String,
    pub consistency: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireSeal {
    pub index: Number,
    pub leaf: String,
    pub payload: String,
    pub inclusion: Vec<u32>,
    pub consistency: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireEntry {
    pub index: Number,
    pub leaf: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    pub inclusion: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireSubject {
    pub kind: String,
    pub text: String,
    pub runs: Vec<WireRun>,
    pub links: Vec<WireLink>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireRun {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<WireRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<WireRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<WireState>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireRecord {
    pub at: Number,
    pub record: String,
    pub proof: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireState {
    pub head: String,
    pub count: Number,
    pub last: Number,
    pub at: Number,
    pub proof: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireLink {
    pub entry: Number,
    pub at: Number,
    pub count: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blind: Option<String>,
    pub proof: Vec<u32>,
}

impl Extent {
    /// Its name in the file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Named => "named",
        }
    }
}

/// Reads bytes; they must be what encoding them again gives.
pub(crate) fn decode(json: &[u8]) -> Result<Bundle, Defect> {
    let wire: Wire = serde_json::from_slice(json)
        .map_err(|e| Defect::format("bundle", &e.to_string(), &format!("无法解码：{e}")))?;
    let bundle = read::bundle(&wire)?;
    if encode(&bundle)? != json {
        return Err(Defect::format("bundle", "is not in its one byte form", "不是唯一规定的字节形式"));
    }
    Ok(bundle)
}

/// The one byte form.
pub(crate) fn encode(bundle: &Bundle) -> Result<Vec<u8>, Defect> {
    let table = Table::of(proofs(bundle));
    let Bundle { ledger, query, extent, extraction, checkpoint, tokens, stamped, seal, .. } = bundle;
    let Bundle { entries, subjects, .. } = bundle;
    let wire = Wire {
        version: 1,
        ledger: hex_text(ledger),
        query: write_query(query)?,
        closure: extent.as_str().into(),
        withheld: number(bundle.withheld())?,
        extraction: write_extraction(extraction)?,
        checkpoint: checkpoint.clone(),
        tokens: tokens.iter().map(|t| STANDARD.encode(t)).collect(),
        stamped: stamped.as_ref().map(|s| table.stamped(s)),
        seal: table.seal(seal)?,
        entries: entries.iter().map(|e| table.entry(e)).collect::<Result<_, _>>()?,
        subjects: subjects.iter().map(|s| table.subject(s)).collect::<Result<_, _>>()?,
        nodes: table.nodes(),
    };
    serde_json::to_vec(&wire).map_err(|e| Defect::format("bundle", &e.to_string(), "无法编码"))
}

/// All proofs of a bundle.
pub(crate) fn proofs(bundle: &Bundle) -> impl Iterator<Item = &Vec<Hash>> {
    let seal = [&bundle.seal.inclusion, &bundle.seal.consistency];
    let stamped = bundle.stamped.iter().map(|s| &s.consistency);
    let entries = bundle.entries.iter().map(|e| &e.inclusion);
    let runs = bundle.subjects.iter().flat_map(|s| &s.proof).flat_map(run_proofs);
    let links = bundle.subjects.iter().flat_map(|s| &s.links).map(|l| &l.proof);
    seal.into_iter().chain(stamped).chain(entries).chain(runs).chain(links)
}

pub(crate) fn run_proofs(run: &RunProof) -> Vec<&Vec<Hash>> {
    match run {
        RunProof::Absent { left, right } => [left, right].into_iter().flatten().map(|p| &p.proof).collect(),
        RunProof::Present { proof, .. } => vec![proof],
    }
}

pub(crate) fn number(number: u64) -> Result<Number, Defect> {
    Number::try_from(number).map_err(|e| Defect::format(&number.to_string(), e, "大于 2^53 − 1"))
}

fn write_query(Query { kind, text, as_of }: &Query) -> Result<WireQuery, Defect> {
    Ok(WireQuery { kind: kind.as_str().into(), text: text.clone(), as_of: number(*as_of)? })
}

fn write_extraction(e: &Extraction) -> Result<WireExtraction, Defect> {
    let Extraction { party, key, at, purpose, case } = e.clone();
    Ok(WireExtraction { party, key: hex_text(&key), at: number(at)?, purpose, case })
}

impl QueryKind {
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Places of hashes in `nodes`.
pub(crate) struct Table {
    places: BTreeMap<Hash, u32>,
}

impl Table {
    /// Of the hashes of these proofs.
    pub fn of<'p>(proofs: impl Iterator<Item = &'p Vec<Hash>>) -> Self {
        let nodes: BTreeSet<Hash> = proofs.flatten().copied().collect();
        // A bundle has far fewer hashes than a u32 counts.
        Self { places: nodes.into_iter().zip(0..).collect() }
    }

    /// The list, ascending.
    pub fn nodes(&self) -> Vec<String> {
        self.places.keys().map(|hash| STANDARD.encode(hash)).collect()
    }

    pub fn proof(&self, proof: &[Hash]) -> Vec<u32> {
        proof.iter().filter_map(|hash| self.places.get(hash).copied()).collect()
    }

    fn stamped(&self, stamped: &ShownStamped) -> WireStamped {
        let ShownStamped { checkpoint, consistency } = stamped;
        WireStamped { checkpoint: checkpoint.clone(), consistency: self.proof(consistency) }
    }

    pub fn seal(&self, seal: &ShownSeal) -> Result<WireSeal, Defect> {
        Ok(WireSeal {
            index: number(seal.index)?,
            leaf: STANDARD.encode(seal.leaf),
            payload: STANDARD.encode(&seal.payload),
            inclusion: self.proof(&seal.inclusion),
            consistency: self.proof(&seal.consistency),
        })
    }

    fn entry(&self, entry: &ShownEntry) -> Result<WireEntry, Defect> {
        let (envelope, payload) = match &entry.content {
            Content::Genesis { payload } => (None, Some(payload)),
            Content::Statement { envelope, payload } => (Some(envelope), Some(payload)),
            Content::Withheld => (None, None),
        };
        Ok(WireEntry {
            index: number(entry.index)?,
            leaf: STANDARD.encode(entry.leaf),
            envelope: envelope.map(|e| STANDARD.encode(e)),
            payload: payload.map(|p| STANDARD.encode(p)),
            inclusion: self.proof(&entry.inclusion),
        })
    }

    fn subject(&self, shown: &ShownSubject) -> Result<WireSubject, Defect> {
        Ok(WireSubject {
            kind: shown.subject.kind.as_str().into(),
            text: shown.subject.text.clone().into_owned(),
            runs: shown.proof.iter().map(|r| self.run(r)).collect::<Result<_, _>>()?,
            links: shown.links.iter().map(|l| self.link(l)).collect::<Result<_, _>>()?,
        })
    }

    pub fn run(&self, run: &RunProof) -> Result<WireRun, Defect> {
        let record = |placed: &Option<PlacedRecord>| {
            let write = |p: &PlacedRecord| {
                let record = STANDARD.encode(p.record);
                Ok::<_, Defect>(WireRecord { at: number(p.at)?, record, proof: self.proof(&p.proof) })
            };
            placed.as_ref().map(write).transpose()
        };
        Ok(match run {
            RunProof::Absent { left, right } => {
                WireRun { left: record(left)?, right: record(right)?, state: None }
            }
            RunProof::Present { state, at, proof } => WireRun {
                state: Some(WireState {
                    head: STANDARD.encode(state.head),
                    count: number(state.count)?,
                    last: number(state.last)?,
                    at: number(*at)?,
                    proof: self.proof(proof),
                }),
                ..WireRun::default()
            },
        })
    }

    fn link(&self, link: &ShownLink) -> Result<WireLink, Defect> {
        Ok(WireLink {
            entry: number(link.entry)?,
            at: number(link.at)?,
            count: link.count,
            blind: link.blind.map(|b| STANDARD.encode(b)),
            proof: self.proof(&link.proof),
        })
    }
}
