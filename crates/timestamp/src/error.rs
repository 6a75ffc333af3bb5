//! Why there is no stamp.

/// Why a token proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Longer than [`MAX_TOKEN`](crate::MAX_TOKEN).
    #[error("it is longer than a token may be")]
    TooLong,
    /// Not DER, or not what stands there in a token.
    #[error("it is malformed: {0}")]
    Malformed(&'static str),
    /// A token as others may use them: an algorithm, several signers.
    #[error("it uses what is not supported here: {0}")]
    Unsupported(&'static str),
    /// It stamps something else.
    #[error("it stamps something else")]
    Imprint,
    /// It is not the answer to this question.
    #[error("its nonce is not the one that was sent")]
    Nonce,
    /// Who signed it is not to be found in it.
    #[error("it does not hold its signer's certificate")]
    NoCertificate,
    /// The signed attributes are those of another content or certificate.
    #[error("what is signed in it is something else: {0}")]
    Attribute(&'static str),
    /// The signature.
    #[error("its signature does not verify")]
    Signature,
    /// The certificate is not one for time stamping alone (RFC 3161 section 2.3).
    #[error("its signer's certificate is not one for time stamping and nothing else")]
    Purpose,
    /// A certificate of the chain had expired when it was made, or was not valid yet.
    #[error("a certificate was not valid at the time that it tells")]
    NotValidThen,
    /// The chain leads to none of the roots.
    #[error("its authority is none of those that are trusted")]
    UnknownAuthority,
    /// Something else about the chain.
    #[error("its certificates do not hold: {0}")]
    Chain(String),
}

impl TokenFault {
    /// Its name in verdicts.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Malformed(_) => "malformed",
            Self::Unsupported(_) => "unsupported",
            Self::Imprint => "imprint",
            Self::Nonce => "nonce",
            Self::NoCertificate => "no_certificate",
            Self::Attribute(_) => "attribute",
            Self::Signature => "signature",
            Self::Purpose => "purpose",
            Self::NotValidThen => "not_valid_then",
            Self::UnknownAuthority => "unknown_authority",
            Self::Chain(_) => "chain",
        }
    }

    /// In Chinese, as `Display` is in English. What a library says stays as it is.
    #[must_use]
    pub fn to_chinese(&self) -> String {
        match self {
            Self::TooLong => "超过时间戳令牌的长度上限".into(),
            Self::Malformed(part) => format!("格式有误（{part}）"),
            Self::Unsupported(what) => format!("使用了不支持的内容（{what}）"),
            Self::Imprint => "所盖的是其他内容".into(),
            Self::Nonce => "随机数与所发请求不符".into(),
            Self::NoCertificate => "未附签署方证书".into(),
            Self::Attribute(what) => format!("所签署的是其他内容（{what}）"),
            Self::Signature => "验签失败".into(),
            Self::Purpose => "签署方证书并非专用于时间戳".into(),
            Self::NotValidThen => "在其所述时间证书无效".into(),
            Self::UnknownAuthority => "时间戳机构不在受信之列".into(),
            Self::Chain(fault) => format!("证书链不成立（{fault}）"),
        }
    }
}

/// Why an authority's answer gives no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It refuses. What it says may help; ask again later.
    #[error("the authority refuses (status {status}): {text}")]
    Refused {
        /// PKIStatus.
        status: u64,
        /// Its words, printable; may be empty.
        text: String,
    },
    /// Not an answer, or its token proves nothing.
    #[error("the authority's token is not to be believed: {0}")]
    Token(#[from] TokenFault),
}

/// Why certificates are no roots. Correct the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RootsError {
    /// Not PEM.
    #[error("not certificates in PEM: {0}")]
    Pem(String),
    /// PEM without any.
    #[error("holds no certificate in PEM")]
    Empty,
    /// One that cannot be read.
    #[error("certificate {0} in it cannot be read")]
    Certificate(usize),
    /// More than are looked at.
    #[error("holds more than {0} certificates; name only authorities that are trusted for time stamps")]
    TooMany(usize),
}
