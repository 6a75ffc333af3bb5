//! Fields of statements about other statements: Correct, Void, Endorse, Erase.

use std::collections::BTreeSet;

use proto::v1::{Correct, Erase, Replacement, Void};

use super::{Check, MAX_ATTACHMENTS, Stage};
use crate::{
    GoodsAct, Reason, Words,
    amend::{line_faults, line_fields, line_of},
};

impl<'a> Check<'a> {
    pub(super) fn correct(&mut self, b: &'a Correct) {
        self.target("correct.target", b.target.as_ref(), false);
        self.prose("correct.reason", &b.reason, 500);
        if let Some(r) = &b.replacement {
            self.optional(&r.site, |c, s| c.site("correct.replacement.site", s));
            self.instant_or_none("correct.replacement.occurred_at", r.occurred_at);
        }
        if b.by_line {
            return self.correct_by_line(b);
        }
        if !b.removed.is_empty() {
            self.fault(
                Reason::InvalidField,
                "correct.removed",
                Words::of("goes only with by_line", "仅可与 by_line 同用"),
            );
        }
        match b.replacement.as_ref().map(|r| &r.body) {
            None => self.fault(Reason::MissingField, "correct.replacement", Words::of("not set", "未填写")),
            Some(None) => {
                self.fault(Reason::MissingField, "correct.replacement.body", Words::of("not set", "未填写"))
            }
            Some(Some(body)) => {
                let act = GoodsAct::replacing(body);
                self.act(act, act.path(true));
            }
        }
    }

    fn correct_by_line(&mut self, b: &'a Correct) {
        let added = b.replacement.as_ref().and_then(|r| r.body.as_ref()).map(GoodsAct::replacing);
        for v in line_faults(None, &b.removed, added) {
            self.fault(v.reason, v.field, v.description);
        }
        let says_more = |r: &Replacement| !r.site.is_empty() || r.occurred_at != 0;
        let lines = added.is_some_and(crate::amend::has_lines);
        if b.removed.is_empty() && !lines && !b.replacement.as_ref().is_some_and(says_more) {
            self.fault(
                Reason::MissingField,
                "correct.removed",
                Words::of("no line is removed, none added", "既未删行，也未增行"),
            );
        }
        if let Some(added) = added {
            self.added_lines(added);
        }
    }

    /// Validates lines that stand without the rest of their content: of what the check of a whole content
    /// finds, only what is inside lines counts here.
    fn added_lines(&mut self, added: GoodsAct<'a>) {
        let (path, fields) = (added.path(true), line_fields(added.kind()));
        let mut inner = Check { stage: Stage::Lines, ..Check::default() };
        inner.act(added, path);
        for v in inner.violations {
            let inside = line_of(&v.field, path).is_some_and(|(field, ..)| fields.contains(&field));
            let of_all = v.field.strip_prefix(path).and_then(|f| f.strip_prefix('.'));
            let of_all = of_all.is_some_and(|f| fields.contains(&f)) && v.reason != Reason::MissingField;
            if inside || of_all {
                self.fault(v.reason, v.field, v.description);
            }
        }
    }

    pub(super) fn void(&mut self, b: &'a Void) {
        self.target("void.target", b.target.as_ref(), false);
        self.prose("void.reason", &b.reason, 500);
    }

    pub(super) fn erase(&mut self, b: &'a Erase) {
        self.target("erase.target", b.target.as_ref(), false);
        self.count("erase.digests", b.digests.len(), MAX_ATTACHMENTS);
        let mut seen = BTreeSet::new();
        for (i, digest) in b.digests.iter().enumerate().take(MAX_ATTACHMENTS) {
            self.bytes(format_args!("erase.digests[{i}]"), digest, 32);
            if !seen.insert(digest) {
                let text = Words::of("the attachment is named twice", "附件重复列出");
                self.fault(Reason::InvalidField, format_args!("erase.digests[{i}]"), text);
            }
        }
        self.prose("erase.reason", &b.reason, 500);
        self.optional(&b.legal_basis, |c, t| c.prose("erase.legal_basis", t, 500));
    }
}
