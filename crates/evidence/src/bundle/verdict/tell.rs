//! A verdict in words and as JSON.

use serde_json::{Value, json};
use statement::{Words, hex_text, words};

use super::{EntryFact, KeyFact, SubjectFact, Verdict, Voucher, Warning};
use crate::bundle::{Extent, Extraction, QueryKind, Stamp, Stamps, order};

impl Warning {
    /// Its name, and the entries it is about.
    #[must_use]
    pub fn parts(&self) -> (&'static str, &[u64]) {
        match self {
            Self::RecordedAfterCosignature(entries) => ("recorded_after_cosignature", entries),
            Self::RecordedAfterStamp(entries) => ("recorded_after_stamp", entries),
            Self::KeyCompromised(entries) => ("key_compromised", entries),
        }
    }

    fn words(&self) -> Words {
        let (_, entries) = self.parts();
        match self {
            Self::RecordedAfterCosignature(_) => words!(
                "look: recorded later than a witness cosigned it, so one of the clocks is wrong: {entries:?}",
                "注意：以下条目的记录时间晚于见证方会签时间，必有一方时钟有误：{entries:?}"
            ),
            Self::RecordedAfterStamp(_) => words!(
                "look: recorded later than it was stamped, so one of the clocks is wrong: {entries:?}",
                "注意：以下条目的记录时间晚于时间戳，必有一方时钟有误：{entries:?}"
            ),
            Self::KeyCompromised(_) => words!(
                "look: signed with a key while, as its revocation says, it was compromised: {entries:?}",
                "注意：以下条目由其时已泄露（见吊销声明）的密钥签署：{entries:?}"
            ),
        }
    }
}

impl Verdict {
    /// What is proven, by whose word, and what is only claimed: one sentence a line.
    #[must_use]
    pub fn lines(&self) -> Vec<Words> {
        let mut lines =
            vec![self.answer_words(), self.point_words(), self.vouch_words(), self.closure_words()];
        if self.withheld > 0 {
            let n = self.withheld;
            lines.push(words!(
                "{n} entries are withheld: the closure is not derivable through them",
                "{n} 个条目未出示内容：闭包无法经由它们推导"
            ));
        }
        lines.extend(self.warnings.iter().map(Warning::words));
        lines.extend(self.stamps.lines());
        lines.push(self.exporter_words());
        lines.push(Words::of(
            "only claimed: what statements say happened is their signers' word; that signers held the roles they \
             acted in is the ledger's admission; confidential statements are outside of all this",
            "仅为声称：声明所述事实由签署方负责；签署方当时具备相应角色由账本准入审查负责；保密声明不在本证明范围内",
        ));
        lines
    }

    fn answer_words(&self) -> Words {
        let (text, n, covered) = (&self.query.text, self.answer().len(), self.covered);
        match self.query.kind {
            QueryKind::Absent => words!(
                "proven: {text} is named by none of the first {covered} entries",
                "已证明：前 {covered} 个条目从未提及 {text}"
            ),
            QueryKind::Entry => words!(
                "proven: entry {text} is in the log, signed with a key valid at its place",
                "已证明：条目 {text} 在日志中，且由当时有效的密钥签署"
            ),
            _ => words!(
                "proven: {n} entries name {text}, and among the first {} no others do",
                "已证明：{n} 个条目提及 {text}，前 {} 个条目中再无其他",
                self.query.as_of
            ),
        }
    }

    fn point_words(&self) -> Words {
        let (covered, size, at) = (self.covered, self.size, instant(self.sealed_at));
        words!(
            "as of: {covered} entries, sealed at {at}; checkpoint of {size} entries",
            "截至：{covered} 个条目，封存于 {at}；检查点含 {size} 个条目"
        )
    }

    fn vouch_words(&self) -> Words {
        let names = |auditing| {
            let of = self.vouchers.iter().filter(|v| v.auditing == auditing);
            of.map(|v| format!("{} ({})", v.name, instant(v.at.saturating_mul(1_000_000))))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let (auditors, witnesses) = (names(true), names(false));
        if self.is_audited() {
            return words!(
                "vouched by: auditing witnesses {auditors}, who re-derived every signature, link and seal below \
                 the checkpoint; witnesses {witnesses}",
                "担保：审计见证方 {auditors} 已重新推导检查点以下全部签名、链接与封存；见证方 {witnesses}"
            );
        }
        if witnesses.is_empty() {
            return Words::of(
                "vouched by: the operator's word alone, for completeness and for there being one history only",
                "担保：完整性与历史唯一性均仅凭运营方之言",
            );
        }
        words!(
            "vouched by: completeness by the operator's word; one history only, by witnesses {witnesses}",
            "担保：完整性仅凭运营方之言；历史唯一性由见证方 {witnesses} 担保"
        )
    }

    fn closure_words(&self) -> Words {
        let n = self.subjects.len();
        match self.extent {
            Extent::Whole => words!(
                "complete: for {n} subjects: all that follows from the entries, containers, inputs, aliases, lots, \
                 documents and keys",
                "完整：共 {n} 个对象，含由条目推及的容器、投入物、关联码、批次、单据与密钥"
            ),
            Extent::Named => words!(
                "NOT the whole closure: complete only for what is asked for and for the keys that signed ({n} \
                 subjects); containers, lots and documents are not followed",
                "并非完整闭包：仅对所问对象及签名密钥（共 {n} 个对象）完整；未追溯容器、批次与单据"
            ),
        }
    }

    fn exporter_words(&self) -> Words {
        let Extraction { party, at, purpose, case, .. } = &self.extraction;
        let at = instant(*at);
        words!(
            "taken out by {party}, by its own clock at {at}, purpose \"{purpose}\", case \"{case}\"",
            "提取：{party}，自述时间 {at}，用途“{purpose}”，案件“{case}”"
        )
    }

    /// The facts as JSON; every verifier gives the same.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut told = json!({
            "verdict": "proven",
            "ledger": hex_text(&self.ledger),
            "query": {"kind": self.query.kind.as_str(), "text": self.query.text, "as_of": self.query.as_of},
            "closure": self.extent.as_str(),
            "withheld": self.withheld,
            "covered": self.covered,
            "sealed_at": self.sealed_at,
            "checkpoint": {"size": self.size, "root": hex_text(&self.root)},
            "answer": self.answer().iter().map(|e| e.index).collect::<Vec<_>>(),
            "subjects": self.subjects.iter().map(SubjectFact::to_json).collect::<Vec<_>>(),
            "entries": self.entries.iter().map(EntryFact::to_json).collect::<Vec<_>>(),
            "keys": self.keys.iter().map(KeyFact::to_json).collect::<Vec<_>>(),
            "goods": self.goods.iter().map(|g| json!({"item": g.item, "entries": g.entries})).collect::<Vec<_>>(),
            "completeness": if self.is_audited() { "audited" } else { "operator" },
            "vouchers": self.vouchers.iter().map(Voucher::to_json).collect::<Vec<_>>(),
            "extraction": {
                "party": self.extraction.party,
                "key": hex_text(&self.extraction.key),
                "at": self.extraction.at,
                "purpose": self.extraction.purpose,
                "case": self.extraction.case,
            },
            "tokens_not_checked": self.stamps.not_checked(),
            "warnings": self.warnings.iter().map(|w| {
                let (code, entries) = w.parts();
                json!({"code": code, "entries": entries})
            }).collect::<Vec<_>>(),
        });
        // Only to who trusts an authority: else nothing is said of stamps but how many there are.
        if let Some(checked) = &self.stamps.checked {
            let size = self.stamps.size;
            told["stamps"] = checked.iter().map(|stamp| stamp.to_json(size)).collect();
        }
        told
    }
}

impl Stamps {
    fn not_checked(&self) -> usize {
        if self.checked.is_some() { 0 } else { self.tokens }
    }

    fn lines(&self) -> Vec<Words> {
        let (size, n) = (self.size, self.tokens);
        match &self.checked {
            Some(stamps) if stamps.is_empty() => {
                vec![Words::of("no time stamp (RFC 3161) is in the file", "文件不含 RFC 3161 时间戳")]
            }
            Some(stamps) => stamps.iter().map(|stamp| stamp.words(size)).collect(),
            None if n == 0 => Vec::new(),
            None => vec![words!(
                "{n} time stamps (RFC 3161) are in the file: carried, not checked",
                "文件含 {n} 个 RFC 3161 时间戳：仅附带，未核验"
            )],
        }
    }
}

impl Stamp {
    fn words(&self, size: u64) -> Words {
        // Not a second earlier than is proven.
        let before = instant(self.existed_before().saturating_add(999_999));
        let name = match self.authority.as_str() {
            "" => hex_text(&self.certificate),
            name => name.to_owned(),
        };
        words!(
            "the first {size} entries existed before {before}, vouched by the time-stamping authority {name}",
            "前 {size} 个条目在 {before} 之前即已存在，由时间戳机构 {name} 担保"
        )
    }

    fn to_json(&self, size: u64) -> Value {
        let Self { at, accuracy, authority, certificate, policy } = self;
        json!({
            "size": size, "at": at, "accuracy": accuracy, "authority": authority,
            "certificate": hex_text(certificate), "policy": policy,
        })
    }
}

impl SubjectFact {
    fn to_json(&self) -> Value {
        let (kind, text) = order(&self.subject);
        json!({"kind": kind, "text": text, "entries": self.entries})
    }
}

impl EntryFact {
    fn to_json(&self) -> Value {
        let Self { index, recorded_at, said } = self;
        match said {
            None => json!({"index": index, "recorded_at": recorded_at}),
            Some(a) => json!({
                "index": index, "recorded_at": recorded_at, "kind": a.kind, "party": a.party,
                "on_behalf_of": a.on_behalf_of, "site": a.site, "occurred_at": a.occurred_at,
            }),
        }
    }
}

impl KeyFact {
    fn to_json(&self) -> Value {
        json!({"key": hex_text(&self.id), "party": self.party, "enrolled": self.enrolled, "revoked": self.revoked})
    }
}

impl Voucher {
    fn to_json(&self) -> Value {
        json!({"name": self.name, "at": self.at, "auditing": self.auditing})
    }
}

/// µs since the Unix epoch as RFC 3339 in UTC, to the second.
pub(crate) fn instant(us: u64) -> String {
    let seconds = us / 1_000_000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days since 0000-03-01, in eras of 400 years (Howard Hinnant's civil calendar).
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3_600, rest / 60 % 60, rest % 60)
}
