//! How the spreadsheets of a country write a table of text.
//!
//! In: a locale, such as `de`. Out: what stands between fields and before decimals. A spreadsheet opens a file by a
//! double click only where these are its own.

use std::str::FromStr;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spreadsheet {
    /// What stands between two fields.
    pub separator: u8,
    /// What stands before decimals.
    pub decimal: char,
    /// Whether the file begins with a byte order mark, by which a spreadsheet knows UTF-8.
    pub has_mark: bool,
}

impl Default for Spreadsheet {
    /// As programs read it: RFC 4180, without a mark.
    fn default() -> Self {
        Spreadsheet { separator: b',', decimal: '.', has_mark: false }
    }
}

/// A text that is no locale whose spreadsheets are known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no locale that is known here: give a language of two letters, with a country where that matters, such \
     as de, de-CH, en or pt_BR"
)]
pub struct UnknownLocale(pub String);

/// Languages that write a decimal comma, and so a semicolon between fields (Unicode CLDR 47, `numbers/decimal`).
const DECIMAL_COMMA: [&str; 46] = [
    "af", "az", "be", "bg", "bs", "ca", "cs", "da", "de", "el", "es", "et", "eu", "fi", "fo", "fr",
    "gl", "hr", "hu", "hy", "id", "is", "it", "ka", "kk", "ky", "lt", "lv", "mk", "nb", "nl", "nn",
    "no", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "tr", "uk", "uz", "vi",
];

/// Languages that write a decimal point, and so a comma between fields.
const DECIMAL_POINT: [&str; 20] = [
    "am", "ar", "bn", "cy", "en", "fa", "ga", "gu", "he", "hi", "ja", "ko", "ml", "ms", "ne", "sw",
    "ta", "te", "th", "zh",
];

/// Countries that write a decimal point whatever their language says, and what stands between fields there.
const POINT_COUNTRIES: [(&str, u8); 12] = [
    ("CH", b';'),
    ("LI", b';'),
    ("MX", b','),
    ("US", b','),
    ("GT", b','),
    ("HN", b','),
    ("SV", b','),
    ("NI", b','),
    ("PA", b','),
    ("PE", b','),
    ("DO", b','),
    ("PR", b','),
];

impl FromStr for Spreadsheet {
    type Err = UnknownLocale;

    /// From a locale such as `de`, `de-CH`, `pt_BR` or `fr_FR.UTF-8`.
    fn from_str(locale: &str) -> Result<Self, UnknownLocale> {
        let tag = locale.split(['.', '@']).next().unwrap_or_default();
        let mut parts = tag.split(['-', '_']);
        let language = parts.next().unwrap_or_default().to_ascii_lowercase();
        let country = parts.next_back().map(str::to_ascii_uppercase);
        let knows = |languages: &[&str]| languages.contains(&language.as_str());
        let (separator, decimal) = if knows(&DECIMAL_POINT) {
            (b',', '.')
        } else if knows(&DECIMAL_COMMA) {
            let of_country = |(code, _): &&(&str, u8)| country.as_deref() == Some(*code);
            POINT_COUNTRIES.iter().find(of_country).map_or((b';', ','), |(_, it)| (*it, '.'))
        } else {
            return Err(UnknownLocale(locale.to_owned()));
        };
        Ok(Spreadsheet { separator, decimal, has_mark: true })
    }
}

impl Spreadsheet {
    /// A number as it is written here.
    #[must_use]
    pub fn number(&self, number: f64) -> String {
        let text = number.to_string();
        if self.decimal == '.' { text } else { text.replace('.', &self.decimal.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_writes_as_its_spreadsheets_do() {
        let written = |locale: &str| {
            let it: Spreadsheet = locale.parse().unwrap();
            assert!(it.has_mark);
            format!("{}{}{}", it.number(0.5), char::from(it.separator), it.number(-1.25))
        };
        for locale in ["de", "de_DE.UTF-8", "fr-FR", "pl", "pt_BR", "RU", "es-ES", "tr", "uk", "nb"]
        {
            assert_eq!(written(locale), "0,5;-1,25", "{locale}");
        }
        for locale in ["en", "en-GB", "ja", "zh_CN", "es_MX", "es-US", "ko"] {
            assert_eq!(written(locale), "0.5,-1.25", "{locale}");
        }
        for locale in ["de-CH", "fr_CH", "it-CH", "de_LI"] {
            assert_eq!(written(locale), "0.5;-1.25", "{locale}");
        }
        for wrong in ["", "C", "xx", "german", "12", "de "] {
            assert!(wrong.parse::<Spreadsheet>().is_err(), "{wrong}");
        }
    }
}
