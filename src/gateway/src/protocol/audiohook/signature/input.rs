//! The header `Signature-Input`, of which only the form that Genesys writes is taken (RFC 8941, in its canonical
//! form).
//!
//! In: `sig1=("…" …);name="text";name=123…`. Out: the parameters, and what of it is signed as it is written. Keeps
//! nothing.

use super::{COMPONENTS, SignatureError};

/// An integer has no more digits (RFC 8941, section 3.3.1).
const MAX_DIGITS: usize = 15;

/// What the header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Input<'a> {
    /// All that follows `sig1=`.
    pub as_written: &'a str,
    pub keyid: String,
    pub nonce: String,
    pub alg: String,
    /// In seconds since 1970, as `expires`.
    pub created: u64,
    pub expires: u64,
}

/// The parameters as they come; those of other names are signed and mean nothing here.
#[derive(Default)]
struct Parameters {
    keyid: Option<String>,
    nonce: Option<String>,
    alg: Option<String>,
    created: Option<u64>,
    expires: Option<u64>,
}

enum Item {
    Text(String),
    Integer(u64),
}

impl<'a> Input<'a> {
    /// Reads the header.
    pub fn read(header: &'a str) -> Result<Self, SignatureError> {
        let malformed = SignatureError::MalformedInput;
        let as_written = header.strip_prefix("sig1=").ok_or(malformed("no sig1"))?;
        let list = as_written.strip_prefix('(').ok_or(malformed("no list"))?;
        let (components, rest) = list.split_once(')').ok_or(malformed("no end of the list"))?;
        if !are_right(components) {
            return Err(SignatureError::WrongComponents);
        }
        let Parameters { keyid, nonce, alg, created, expires } = Parameters::read(rest)?;
        let missing = SignatureError::MissingParameter;
        Ok(Input {
            as_written,
            keyid: keyid.ok_or(missing("keyid"))?,
            nonce: nonce.ok_or(missing("nonce"))?,
            alg: alg.ok_or(missing("alg"))?,
            created: created.ok_or(missing("created"))?,
            expires: expires.ok_or(missing("expires"))?,
        })
    }
}

fn are_right(components: &str) -> bool {
    let quoted = |part: &str| part.strip_prefix('"')?.strip_suffix('"').map(str::to_owned);
    components.split(' ').map(quoted).eq(COMPONENTS.map(|name| Some(name.to_owned())))
}

/// RFC 8941, section 3.1.2.
fn is_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_lowercase() || letter == '*')
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'*'))
}

impl Parameters {
    fn read(mut rest: &str) -> Result<Self, SignatureError> {
        let malformed = SignatureError::MalformedInput;
        let mut parameters = Parameters::default();
        while !rest.is_empty() {
            rest = rest.strip_prefix(';').ok_or(malformed("something behind a value"))?;
            let (name, behind) = rest.split_once('=').ok_or(malformed("a name without a value"))?;
            if !is_name(name) {
                return Err(malformed("a name that is none"));
            }
            let (item, behind) = item(behind)?;
            parameters.set(name, item)?;
            rest = behind;
        }
        Ok(parameters)
    }

    fn set(&mut self, name: &str, item: Item) -> Result<(), SignatureError> {
        let is_new = match (name, item) {
            ("keyid", Item::Text(text)) => self.keyid.replace(text).is_none(),
            ("nonce", Item::Text(text)) => self.nonce.replace(text).is_none(),
            ("alg", Item::Text(text)) => self.alg.replace(text).is_none(),
            ("created", Item::Integer(number)) => self.created.replace(number).is_none(),
            ("expires", Item::Integer(number)) => self.expires.replace(number).is_none(),
            ("keyid" | "nonce" | "alg" | "created" | "expires", _) => {
                return Err(SignatureError::MalformedInput("a value of the wrong type"));
            }
            _ => true,
        };
        is_new
            .then_some(())
            .ok_or(SignatureError::MalformedInput("a parameter that is there twice"))
    }
}

/// A string or a whole number, and what follows it.
fn item(text: &str) -> Result<(Item, &str), SignatureError> {
    let malformed = SignatureError::MalformedInput;
    if let Some(rest) = text.strip_prefix('"') {
        return string(rest).ok_or(malformed("a string that does not end or has a wrong escape"));
    }
    let n_digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(n_digits);
    if n_digits > MAX_DIGITS {
        return Err(malformed("a number that is too large"));
    }
    let number = digits.parse().map_err(|_| malformed("a value that is no string or number"))?;
    Ok((Item::Integer(number), rest))
}

/// A string from behind its first quotation mark (RFC 8941, section 4.2.5), and what follows it.
fn string(text: &str) -> Option<(Item, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((index, letter)) = letters.next() {
        match letter {
            '"' => return Some((Item::Text(value), &text[index + 1..])),
            '\\' => value
                .push(letters.next().map(|(_, next)| next).filter(|next| "\"\\".contains(*next))?),
            ' '..='~' => value.push(letter),
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIST: &str = "(\"@request-target\" \"@authority\" \"audiohook-organization-id\" \
                        \"audiohook-session-id\" \"audiohook-correlation-id\" \"x-api-key\")";
    const PARAMETERS: &str =
        ";keyid=\"k1\";nonce=\"n/+=\";alg=\"hmac-sha256\";created=1795900992;expires=1795901022";

    fn error(header: &str) -> SignatureError {
        Input::read(header).unwrap_err()
    }

    fn malformed(parameters: &str) -> &'static str {
        match error(&format!("sig1={LIST}{parameters}")) {
            SignatureError::MalformedInput(why) => why,
            other => panic!("{parameters}: {other:?}"),
        }
    }

    #[test]
    fn what_genesys_writes_is_read() {
        let header = format!("sig1={LIST}{PARAMETERS}");
        let input = Input::read(&header).unwrap();
        assert_eq!(input.as_written, &header[5..]);
        assert_eq!((&*input.keyid, &*input.nonce, &*input.alg), ("k1", "n/+=", "hmac-sha256"));
        assert_eq!((input.created, input.expires), (1_795_900_992, 1_795_901_022));
    }

    #[test]
    fn order_and_strangers_among_the_parameters_do_not_matter() {
        let header = format!(
            "sig1={LIST};expires=2;tag=\"x;y)\";created=1;alg=\"a\";level=3;nonce=\"n\";keyid=\"a\\\"b\\\\c\""
        );
        let input = Input::read(&header).unwrap();
        assert_eq!((&*input.keyid, input.created, input.expires), ("a\"b\\c", 1, 2));
    }

    #[test]
    fn other_components_or_another_order_are_not_taken() {
        let swapped = LIST.replace("target\" \"@authority", "authority\" \"@target");
        let less = LIST.replace(" \"x-api-key\"", "");
        let more = LIST.replace("key\")", "key\" \"host\")");
        let wide = LIST.replace(" \"x-api", "  \"x-api");
        let with_parameter = LIST.replace("\"@authority\"", "\"@authority\";req");
        let capital = LIST.replace("x-api-key", "X-API-KEY");
        for list in [&swapped, &less, &more, &wide, &with_parameter, &capital, "()"] {
            let error = error(&format!("sig1={list}{PARAMETERS}"));
            assert_eq!(error, SignatureError::WrongComponents, "{list}");
        }
    }

    #[test]
    fn each_parameter_is_needed() {
        for name in ["keyid", "nonce", "alg", "created", "expires"] {
            let other = PARAMETERS.replace(name, "other");
            let error = error(&format!("sig1={LIST}{other}"));
            assert_eq!(error, SignatureError::MissingParameter(name));
        }
    }

    #[test]
    fn what_is_no_list_with_parameters_is_malformed() {
        for header in ["", "sig1", "sig2=()", "sig1=x", "sig1=(", "sig1=(\"@authority\""] {
            assert!(matches!(error(header), SignatureError::MalformedInput(_)), "{header}");
        }
        for parameters in ["; keyid=\"k\"", ";=1", ";Keyid=\"k\"", ";1=1", ";a b=1"] {
            assert_eq!(malformed(parameters), "a name that is none", "{parameters}");
        }
        assert_eq!(malformed(" ;keyid=\"k\""), "something behind a value");
    }

    #[test]
    fn values_are_strings_or_whole_numbers() {
        let end = "a string that does not end or has a wrong escape";
        assert_eq!(malformed(";keyid=\"k"), end);
        assert_eq!(malformed(";keyid=\"k\\"), end);
        assert_eq!(malformed(";keyid=\"k\\n\""), end);
        assert_eq!(malformed(";keyid=\"\u{e9}\""), end);
        let neither = "a value that is no string or number";
        assert_eq!(malformed(";created="), neither);
        assert_eq!(malformed(";created=-1"), neither);
        assert_eq!(malformed(";created=:aa:"), neither);
        assert_eq!(malformed(";created=1.5"), "something behind a value");
        assert_eq!(malformed(";created=1,sig2=()"), "something behind a value");
        assert_eq!(malformed(";created=1234567890123456"), "a number that is too large");
        assert_eq!(malformed(";created"), "a name without a value");
        assert_eq!(malformed(";created=\"1\""), "a value of the wrong type");
        assert_eq!(malformed(";keyid=1"), "a value of the wrong type");
        assert_eq!(malformed(";created=1;created=1"), "a parameter that is there twice");
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "\\PC*", tail in "[;=\"\\\\a-z0-9é]{0,60}") {
            let _ = Input::read(&text);
            let _ = Input::read(&format!("sig1={LIST}{tail}"));
            let _ = Input::read(&format!("sig1={LIST};keyid=\"{tail}"));
        }
    }
}
