//! What all canonical texts have in common.

/// Defines a borrowed and an owned canonical text over a layout.
///
/// `$check` is the parser: text in, layout (where the parts lie) or error out. Everything that
/// compares, hashes or orders looks at the text alone, so an owned text can be looked up by `&str`.
macro_rules! canonical_text {
    (
        $(#[$borrowed_doc:meta])* $borrowed:ident,
        $(#[$owned_doc:meta])* $owned:ident,
        $layout:ty,
        $check:path
    ) => {
        $(#[$borrowed_doc])*
        #[derive(Clone, Copy)]
        pub struct $borrowed<'a> {
            text: &'a str,
            layout: $layout,
        }

        $(#[$owned_doc])*
        #[derive(Clone)]
        pub struct $owned {
            text: Box<str>,
            layout: $layout,
        }

        impl<'a> $borrowed<'a> {
            /// Reads a canonical text, refusing every other form. Allocates nothing.
            pub fn parse(text: &'a str) -> Result<Self, $crate::Error> {
                let layout = $check(text)?;
                Ok(Self { text, layout })
            }

            /// The canonical text.
            pub const fn as_str(self) -> &'a str {
                self.text
            }
        }

        impl $owned {
            /// Reads a canonical text, refusing every other form.
            pub fn parse(text: &str) -> Result<Self, $crate::Error> {
                $borrowed::parse(text).map(Self::from)
            }

            /// The canonical text.
            pub fn as_str(&self) -> &str {
                &self.text
            }

            /// The borrowed form, which has the accessors of the parts.
            pub fn view(&self) -> $borrowed<'_> {
                $borrowed {
                    text: &self.text,
                    layout: self.layout,
                }
            }

            /// Takes a text that a constructor has just put together.
            #[allow(dead_code, reason = "not every text is put together from parts")]
            fn assembled(text: String) -> Result<Self, $crate::Error> {
                let layout = $check(&text)?;
                Ok(Self {
                    text: text.into_boxed_str(),
                    layout,
                })
            }
        }

        impl From<$borrowed<'_>> for $owned {
            fn from(view: $borrowed<'_>) -> Self {
                Self {
                    text: view.text.into(),
                    layout: view.layout,
                }
            }
        }

        impl From<$owned> for String {
            fn from(text: $owned) -> Self {
                text.text.into_string()
            }
        }

        impl core::str::FromStr for $owned {
            type Err = $crate::Error;

            fn from_str(text: &str) -> Result<Self, $crate::Error> {
                Self::parse(text)
            }
        }

        impl TryFrom<&str> for $owned {
            type Error = $crate::Error;

            fn try_from(text: &str) -> Result<Self, $crate::Error> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $owned {
            type Error = $crate::Error;

            fn try_from(text: String) -> Result<Self, $crate::Error> {
                Self::assembled(text)
            }
        }

        impl std::borrow::Borrow<str> for $owned {
            fn borrow(&self) -> &str {
                &self.text
            }
        }

        $crate::canonical::face::text_semantics!($borrowed<'_>);
        $crate::canonical::face::text_semantics!($owned);
    };
}
pub(crate) use canonical_text;

/// Comparison, order, hash and output by the text alone.
macro_rules! text_semantics {
    ($name:ty) => {
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.text
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.text == other.text
            }
        }

        impl Eq for $name {}

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> core::cmp::Ordering {
                self.text.cmp(&other.text)
            }
        }

        impl core::hash::Hash for $name {
            fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
                self.text.hash(state);
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(&self.text)
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Debug::fmt(&*self.text, f)
            }
        }
    };
}
pub(crate) use text_semantics;
