//! The language that callers speak, as far as it is known.
//!
//! In: a language tag. Out: its language. What a model may claim depends on it: see
//! `model::artifact::Manifest::languages`.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The code of a language, such as `en` (ISO 639-1, or ISO 639-3 where that has none).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language(String);

/// A text that is no language tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no language: give its code of two or three letters, such as en, pl or arb")]
pub struct UnknownLanguage(String);

impl Language {
    /// The code, in small letters.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    /// From a tag such as `en`, `en-CA` or `EN_us` (BCP 47): only the language is kept.
    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        let code = tag.split(['-', '_']).next().unwrap_or_default();
        let is_code = matches!(code.len(), 2 | 3) && code.bytes().all(|b| b.is_ascii_alphabetic());
        if !is_code {
            return Err(UnknownLanguage(tag.to_owned()));
        }
        Ok(Language(code.to_ascii_lowercase()))
    }
}

impl TryFrom<String> for Language {
    type Error = UnknownLanguage;

    fn try_from(tag: String) -> Result<Self, Self::Error> {
        tag.parse()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_reduced_to_its_language() {
        for tag in ["en", "en-CA", "EN_us", "En-Latn-GB"] {
            assert_eq!(tag.parse::<Language>().unwrap().code(), "en", "{tag}");
        }
        assert_eq!("arb".parse::<Language>().unwrap().to_string(), "arb");
    }

    #[test]
    fn what_is_no_code_is_refused_with_examples() {
        for tag in ["", "e", "english", "e1", "-en", "é"] {
            let refused = tag.parse::<Language>().unwrap_err().to_string();
            assert!(refused.contains(&format!("'{tag}'")) && refused.contains("such as en"));
        }
    }
}
