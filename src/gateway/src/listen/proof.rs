//! Whether a request for a stream may be made: by token, by signature, or from this machine.
//!
//! In: a request's headers and address. Out: yes or no, and nothing of why: that would help who guesses. Keeps the nonces
//! of signed requests.

use crate::config::{Secret, StreamSection};
use crate::hub::unpoisoned;
use crate::protocol::audiohook::signature::{Credentials, Signed, Verifier};
use crate::protocol::twilio::is_signed;
use axum::http::{HeaderMap, Uri};
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

/// How who sends proves it, for one stream.
pub struct Proof {
    token: Option<Secret>,
    /// Twilio's token, and the public address that is signed.
    signature: Option<(Secret, String)>,
    /// Genesys' keys.
    verifier: Option<Mutex<Verifier>>,
}

impl Proof {
    /// What the settings ask for.
    ///
    /// # Errors
    /// A sentence: keys that are none.
    pub fn new(section: &StreamSection, public_url: Option<&str>) -> Result<Self, String> {
        let keys: Vec<(String, String)> = section
            .key
            .iter()
            .filter_map(|key| {
                let secret = String::from_utf8_lossy(key.secret.as_ref()?.bytes()).into_owned();
                Some((key.id.clone(), secret))
            })
            .collect();
        let verifier = if keys.is_empty() {
            None
        } else {
            let pairs: Vec<(&str, &str)> =
                keys.iter().map(|(id, secret)| (id.as_str(), secret.as_str())).collect();
            let credentials = Credentials::new(&pairs)
                .map_err(|reason| format!("stream {}: {reason}", section.path))?;
            Some(Mutex::new(Verifier::new(credentials)))
        };
        let url = public_url.map(|url| format!("{}{}", url.trim_end_matches('/'), section.path));
        let signature = section.signature.clone().zip(url);
        Ok(Proof { token: section.token.clone(), signature, verifier })
    }

    /// Whether this request may be made.
    #[must_use]
    pub fn accepts(&self, headers: &HeaderMap, uri: &Uri, peer: IpAddr) -> bool {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(verifier) = &self.verifier {
            return is_signed_by_genesys(verifier, &text, uri);
        }
        if let Some((token, url)) = &self.signature
            && !text("x-twilio-signature").is_some_and(|value| is_signed(token.bytes(), url, value))
        {
            return false;
        }
        if let Some(token) = &self.token {
            let bearer = text("authorization").and_then(|value| value.strip_prefix("Bearer "));
            let query = uri
                .query()
                .and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("token=")));
            return bearer.or(query).is_some_and(|given| token.is(given.trim().as_bytes()));
        }
        self.signature.is_some() || peer.to_canonical().is_loopback()
    }
}

fn is_signed_by_genesys<'a>(
    verifier: &Mutex<Verifier>,
    text: &dyn Fn(&str) -> Option<&'a str>,
    uri: &Uri,
) -> bool {
    let header = |name: &str| text(name).unwrap_or_default();
    let signed = Signed {
        request_target: uri.path_and_query().map_or("/", |target| target.as_str()),
        authority: header("host"),
        organization_id: header("audiohook-organization-id"),
        session_id: header("audiohook-session-id"),
        correlation_id: header("audiohook-correlation-id"),
        api_key: header("x-api-key"),
        signature_input: header("signature-input"),
        signature: header("signature"),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    unpoisoned(verifier).check(&signed, now).is_ok()
}
