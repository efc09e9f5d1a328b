//! The keys that clients sign with: two at most, so that one can be replaced while the other is in use.
//!
//! In: a key's id and its secret in base64, as the exchange's settings have it. Out: whether a signature was made with
//! one of them. Keeps the secrets, and never shows them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac;
use subtle::ConstantTimeEq;

use super::{SignatureError, hmac_over};

const MAX_KEYS: usize = 2;
/// What an unknown key's signature is compared with, so that it takes as long as a known one's.
const NO_SECRET: [u8; 32] = [0; 32];

/// Up to two keys.
#[derive(Clone)]
pub struct Credentials {
    keys: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    id: String,
    secret: Vec<u8>,
}

/// Why keys are not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// None, or over two.
    #[error("one or two AudioHook keys are needed, and there are {0}")]
    WrongNumber(usize),
    /// An id that no header can have, or one that both have.
    #[error("the id of AudioHook key {0} is empty, not printable ASCII, or that of the other key")]
    WrongId(usize),
    /// The secret is not base64, or nothing.
    #[error("the secret of AudioHook key {0} is not base64: copy it as the exchange shows it")]
    WrongSecret(usize),
}

impl Credentials {
    /// Keys from their ids and their secrets in base64; white space around a secret is ignored.
    ///
    /// # Errors
    /// [`CredentialsError`], with the key's number from 1 and never its secret.
    pub fn new(keys: &[(&str, &str)]) -> Result<Self, CredentialsError> {
        if keys.is_empty() || keys.len() > MAX_KEYS {
            return Err(CredentialsError::WrongNumber(keys.len()));
        }
        let mut taken: Vec<Key> = Vec::with_capacity(keys.len());
        for (number, (id, secret)) in (1..).zip(keys) {
            let is_id = !id.is_empty() && id.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            if !is_id || taken.iter().any(|key| key.id == *id) {
                return Err(CredentialsError::WrongId(number));
            }
            let secret = STANDARD
                .decode(secret.trim())
                .ok()
                .filter(|secret| !secret.is_empty())
                .ok_or(CredentialsError::WrongSecret(number))?;
            taken.push(Key { id: (*id).to_owned(), secret });
        }
        Ok(Credentials { keys: taken })
    }

    /// Whether a text was signed with the key of this id.
    pub(super) fn check(
        &self,
        id: &str,
        text: &[u8],
        signature: &[u8; 32],
    ) -> Result<(), SignatureError> {
        let mut secret = None;
        for key in &self.keys {
            if bool::from(key.id.as_bytes().ct_eq(id.as_bytes())) {
                secret = Some(key.secret.as_slice());
            }
        }
        let right = hmac_over(secret.unwrap_or(&NO_SECRET), text).verify_slice(signature);
        match (secret, right) {
            (None, _) => Err(SignatureError::UnknownKey),
            (Some(_), Err(_)) => Err(SignatureError::WrongSignature),
            (Some(_), Ok(())) => Ok(()),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.keys.iter().map(|key| &key.id);
        formatter.debug_set().entries(ids).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_none_are_told_by_number() {
        let error = |keys: &[(&str, &str)]| Credentials::new(keys).unwrap_err();
        assert_eq!(error(&[]), CredentialsError::WrongNumber(0));
        let three = [("a", "YQ=="), ("b", "YQ=="), ("c", "YQ==")];
        assert_eq!(error(&three), CredentialsError::WrongNumber(3));
        assert_eq!(error(&[("", "YQ==")]), CredentialsError::WrongId(1));
        assert_eq!(error(&[("a", "YQ=="), ("a\n", "YQ==")]), CredentialsError::WrongId(2));
        assert_eq!(error(&[("a", "YQ=="), ("a", "Yg==")]), CredentialsError::WrongId(2));
        assert_eq!(error(&[("a", "YQ=="), ("b", "no base64")]), CredentialsError::WrongSecret(2));
        assert_eq!(error(&[("a", " ")]), CredentialsError::WrongSecret(1));
    }

    #[test]
    fn secrets_are_not_shown() {
        let credentials = Credentials::new(&[("k1", "c2VjcmV0c2VjcmV0\n")]).unwrap();
        assert_eq!(format!("{credentials:?}"), r#"{"k1"}"#);
        assert_eq!(credentials.keys[0].secret, b"secretsecret");
    }
}
