//! What checks answer.

use statement::Words;

/// Notes told of one check.
pub const MAX_NOTES: usize = 16;
/// Entries that one note rests on.
pub const MAX_ENTRIES: usize = 8;

/// What a check answers; the graver one stands for several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// Not asked of these goods.
    NotApplicable,
    /// As it should be.
    Pass,
    /// Not recorded, so nobody can say.
    Missing,
    /// Not as it should be.
    Fail,
}

impl Answer {
    /// As it stands in answers and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotApplicable => "not-applicable",
            Self::Pass => "pass",
            Self::Missing => "missing",
            Self::Fail => "fail",
        }
    }

    /// Whether it keeps goods from their release.
    #[must_use]
    pub const fn holds_back(self) -> bool {
        matches!(self, Self::Missing | Self::Fail)
    }
}

/// One thing that a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Of which lot; empty where it is about the declaration.
    pub lot: String,
    /// What it comes to.
    pub answer: Answer,
    /// What was found.
    pub facts: Words,
    /// Entries it rests on, ascending, at most [`MAX_ENTRIES`].
    pub entries: Vec<u64>,
}

impl Note {
    pub(crate) const fn of(answer: Answer, facts: Words) -> Self {
        Self { lot: String::new(), answer, facts, entries: Vec::new() }
    }

    pub(crate) const fn pass(facts: Words) -> Self {
        Self::of(Answer::Pass, facts)
    }

    pub(crate) const fn fail(facts: Words) -> Self {
        Self::of(Answer::Fail, facts)
    }

    pub(crate) const fn missing(facts: Words) -> Self {
        Self::of(Answer::Missing, facts)
    }

    pub(crate) const fn not_applicable(facts: Words) -> Self {
        Self::of(Answer::NotApplicable, facts)
    }

    /// Rests on entries, of which the first are kept.
    pub(crate) fn on(mut self, entries: impl IntoIterator<Item = u64>) -> Self {
        for entry in entries {
            if self.entries.len() < MAX_ENTRIES && !self.entries.contains(&entry) {
                self.entries.push(entry);
            }
        }
        self.entries.sort_unstable();
        self
    }

    pub(crate) fn about(mut self, lot: &str) -> Self {
        lot.clone_into(&mut self.lot);
        self
    }
}

/// A check with what it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Which.
    pub kind: CheckKind,
    /// The gravest of its notes.
    pub answer: Answer,
    /// Gravest first, at most [`MAX_NOTES`].
    pub notes: Vec<Note>,
    /// Notes that are not told.
    pub left_out: usize,
}

impl Check {
    pub(crate) fn of(kind: CheckKind, mut notes: Vec<Note>) -> Self {
        // Stable: notes of one answer stay in the order of the lines.
        notes.sort_by_key(|note| std::cmp::Reverse(note.answer));
        let answer = notes.first().map_or(Answer::NotApplicable, |note| note.answer);
        let left_out = notes.len().saturating_sub(MAX_NOTES);
        notes.truncate(MAX_NOTES);
        Self { kind, answer, notes, left_out }
    }
}

/// What all checks come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing keeps the goods.
    Clear,
    /// Something is missing; nothing failed.
    Incomplete,
    /// Something failed.
    Blocked,
}

impl Verdict {
    pub(crate) fn of(checks: &[Check], whole: bool) -> Self {
        match checks.iter().map(|check| check.answer).max() {
            Some(Answer::Fail) => Self::Blocked,
            Some(Answer::Missing) => Self::Incomplete,
            _ if !whole => Self::Incomplete,
            _ => Self::Clear,
        }
    }
}

impl CheckKind {
    /// Whether a statement that the importer reads may name it.
    #[must_use]
    pub const fn is_told(self) -> bool {
        !matches!(self, Self::Findings | Self::Watch)
    }
}

macro_rules! checks {
    ($($kind:ident $id:literal $english:literal $chinese:literal,)*) => {
        /// The checks, in the order of the officer's page.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum CheckKind {
            $(#[doc = $english] $kind,)*
        }

        impl CheckKind {
            /// All of them, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// Its name for ever.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$kind => $id,)* }
            }

            /// What it asks.
            #[must_use]
            pub const fn title(self) -> Words {
                match self { $(Self::$kind => Words::of($english, $chinese),)* }
            }
        }
    };
}

checks! {
    Declared "declared" "declared by the importer" "进口单位已申报",
    RegistrationWhenMade "registration-when-made" "registration valid at manufacture" "生产时注册有效",
    RegistrationWhenFiled "registration-when-filed" "registration valid at filing" "备案时注册有效",
    Agent "agent" "goods stated by the registration's holder or agent" "境内代理人与注册证一致",
    ImporterLicence "importer-licence" "importer's licence" "进口单位资质",
    Origin "origin" "origin as registered" "原产国与注册证一致",
    Port "port" "port approved for the product" "准予进口的口岸",
    ShelfLife "shelf-life" "remaining shelf life at filing" "备案时剩余有效期",
    DeclaredQuantity "declared-quantity" "declared within what was shipped and made" "累计申报数量不超过发运与生产",
    ShippedQuantity "shipped-quantity" "shipped within what was made" "发运数量不超过生产",
    Packages "packages" "no package declared before" "箱码未重复申报",
    Documents "documents" "documents present by hash" "随附单证齐全（按哈希）",
    PortTest "port-test" "port test" "口岸检验",
    Clearance "clearance" "clearance note" "进口通关单",
    ColdChain "cold-chain" "cold chain from ship to port" "发运至口岸的冷链",
    Lines "lines" "importer's lines are customs' lines" "申报与海关查验一致",
    Findings "findings" "no open severe finding" "无未消除的严重疑点",
    Restrictions "restrictions" "no hold or recall" "无暂停、召回",
    Blacklist "blacklist" "no party on the blacklist" "相关主体不在黑名单",
    Watch "watch" "not watched for in a case that you may read" "不在您可读案件的布控之列",
}
