//! Whether a request for a session comes from who has the key: HTTP message signatures as Genesys uses them.
//!
//! In: the request's target and headers, and the time. Out: yes, or why not. Keeps the keys and which nonces were used
//! in the last 15 s, so that nothing that was overheard is taken a second time.
//!
//! To the client every failure must look the same: 401, and not before 500 ms. The reasons are for our own log.

mod credentials;
mod input;
mod nonces;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

pub use self::credentials::{Credentials, CredentialsError};
use self::input::Input;
use self::nonces::Nonces;

/// The only algorithm.
pub(crate) const ALGORITHM: &str = "hmac-sha256";
/// What is signed, in this order.
pub(crate) const COMPONENTS: [&str; 6] = [
    "@request-target",
    "@authority",
    "audiohook-organization-id",
    "audiohook-session-id",
    "audiohook-correlation-id",
    "x-api-key",
];

/// A signature is good for so long, in seconds.
const MAX_AGE_S: u64 = 10;
/// The client's clock may be so far ahead, in seconds. Together with the age it is less than nonces are remembered.
const MAX_SKEW_S: u64 = 3;
/// The shortest nonce: 128 bits in base64.
const MIN_NONCE_CHARS: usize = 22;
/// Longer headers and targets are refused before they are looked at.
const MAX_VALUE_BYTES: usize = 2_048;
/// An HMAC-SHA256.
const SIGNATURE_BYTES: usize = 32;

/// What a request has of a signature: values of headers without white space around them.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// Path and query.
    pub request_target: &'a str,
    /// The host that the client called, with the port if it is not the usual one: `Host`.
    pub authority: &'a str,
    /// `Audiohook-Organization-Id`.
    pub organization_id: &'a str,
    /// `Audiohook-Session-Id`.
    pub session_id: &'a str,
    /// `Audiohook-Correlation-Id`.
    pub correlation_id: &'a str,
    /// `X-API-KEY`.
    pub api_key: &'a str,
    /// `Signature-Input`.
    pub signature_input: &'a str,
    /// `Signature`.
    pub signature: &'a str,
}

impl Signed<'_> {
    fn values(&self) -> [&str; 6] {
        [
            self.request_target,
            self.authority,
            self.organization_id,
            self.session_id,
            self.correlation_id,
            self.api_key,
        ]
    }
}

/// Why a request is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header or the target is over 2,048 bytes.
    #[error("{0} is too long")]
    TooLong(&'static str),
    /// A signed header or the target is empty or has a character that is not printable ASCII.
    #[error("{0} is missing or has a character that it may not have")]
    BadValue(&'static str),
    /// `Signature-Input` is not `sig1=(…);…` as it should be.
    #[error("Signature-Input is malformed: {0}")]
    MalformedInput(&'static str),
    /// `Signature` is not `sig1=:…:` with 32 bytes in base64.
    #[error("Signature is malformed")]
    MalformedSignature,
    /// Other things are signed than have to be, or in another order.
    #[error("not the right components are signed")]
    WrongComponents,
    /// A parameter is not there.
    #[error("the signature has no {0}")]
    MissingParameter(&'static str),
    /// An algorithm other than HMAC-SHA256.
    #[error("the algorithm is not hmac-sha256")]
    WrongAlgorithm,
    /// Under 22 characters.
    #[error("the nonce is too short")]
    ShortNonce,
    /// Signed with a key other than `X-API-KEY`.
    #[error("keyid and X-API-KEY differ")]
    KeyMismatch,
    /// Made over 3 s from now: is one of the clocks wrong?
    #[error("created in the future")]
    InTheFuture,
    /// Made over 10 s ago: is one of the clocks wrong?
    #[error("created too long ago")]
    TooOld,
    /// The time is over that the client itself gave it.
    #[error("expired")]
    Expired,
    /// We have no such key.
    #[error("the key is not known")]
    UnknownKey,
    /// Made with another secret, or something was changed.
    #[error("the signature is wrong")]
    WrongSignature,
    /// The nonce was used already.
    #[error("the nonce was used before")]
    Replayed,
    /// More good signatures in 15 s than nonces are remembered.
    #[error("too many requests in a short time")]
    TooMany,
}

/// Checks requests.
#[derive(Debug)]
pub struct Verifier {
    credentials: Credentials,
    nonces: Nonces,
}

impl Verifier {
    /// A verifier that takes these keys.
    #[must_use]
    pub fn new(credentials: Credentials) -> Self {
        Verifier { credentials, nonces: Nonces::default() }
    }

    /// Whether a request is good at this time, in seconds since 1970. It is good once.
    ///
    /// # Errors
    /// [`SignatureError`]: it is to be refused.
    pub fn check(&mut self, signed: &Signed<'_>, now_unix_s: u64) -> Result<(), SignatureError> {
        check_values(signed)?;
        let input = Input::read(signed.signature_input)?;
        let signature = signature_of(signed.signature)?;
        check_parameters(&input, signed.api_key)?;
        check_time(&input, now_unix_s)?;
        let text = signed_text(&signed.values(), input.as_written);
        self.credentials.check(&input.keyid, text.as_bytes(), &signature)?;
        self.nonces.take(&input.nonce, now_unix_s)
    }
}

fn check_values(signed: &Signed<'_>) -> Result<(), SignatureError> {
    let headers = [("signature-input", signed.signature_input), ("signature", signed.signature)];
    let all = COMPONENTS.into_iter().zip(signed.values()).chain(headers);
    for (name, value) in all {
        if value.len() > MAX_VALUE_BYTES {
            return Err(SignatureError::TooLong(name));
        }
        if value.is_empty() || !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(SignatureError::BadValue(name));
        }
    }
    Ok(())
}

fn check_parameters(input: &Input<'_>, api_key: &str) -> Result<(), SignatureError> {
    if input.alg != ALGORITHM {
        return Err(SignatureError::WrongAlgorithm);
    }
    if input.nonce.len() < MIN_NONCE_CHARS {
        return Err(SignatureError::ShortNonce);
    }
    if input.keyid != api_key {
        return Err(SignatureError::KeyMismatch);
    }
    Ok(())
}

fn check_time(input: &Input<'_>, now_unix_s: u64) -> Result<(), SignatureError> {
    if input.created > now_unix_s.saturating_add(MAX_SKEW_S) {
        return Err(SignatureError::InTheFuture);
    }
    if now_unix_s.saturating_sub(input.created) > MAX_AGE_S {
        return Err(SignatureError::TooOld);
    }
    if now_unix_s > input.expires {
        return Err(SignatureError::Expired);
    }
    Ok(())
}

fn signature_of(header: &str) -> Result<[u8; SIGNATURE_BYTES], SignatureError> {
    header
        .strip_prefix("sig1=:")
        .and_then(|rest| rest.strip_suffix(':'))
        .and_then(|text| STANDARD.decode(text).ok())
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(SignatureError::MalformedSignature)
}

/// The text that is signed: a line for each component, then the parameters as they are written.
pub(crate) fn signed_text(values: &[&str; COMPONENTS.len()], parameters: &str) -> String {
    let lines = COMPONENTS.iter().zip(values).map(|(name, value)| format!("\"{name}\": {value}\n"));
    lines.chain([format!("\"@signature-params\": {parameters}")]).collect()
}

/// The HMAC over a text, to be finished or compared.
pub(crate) fn hmac_over(secret: &[u8], text: &[u8]) -> Hmac<Sha256> {
    let keyed = Hmac::<Sha256>::new_from_slice(secret);
    keyed.expect("an HMAC takes a key of any length").chain_update(text)
}

#[cfg(test)]
mod tests;
