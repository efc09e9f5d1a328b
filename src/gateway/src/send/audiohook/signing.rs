//! The headers of a request for a session, signed as Genesys signs them.
//!
//! In: the request, a key, the time and a nonce. Out: headers for the upgrade. Keeps nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac;

use crate::protocol::audiohook::signature::{ALGORITHM, COMPONENTS, hmac_over, signed_text};

/// A signature is said to be good for so long, in seconds.
const GOOD_FOR_S: u64 = 30;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Path and query.
    pub request_target: &'a str,
    /// Host, with the port if it is not the usual one: what the header `Host` will have.
    pub authority: &'a str,
    /// A UUID.
    pub organization_id: &'a str,
    /// A UUID.
    pub session_id: &'a str,
    /// A UUID.
    pub correlation_id: &'a str,
}

/// The headers of a request that is made at this time, in seconds since 1970. A nonce has 22 characters at least, and
/// is used once.
#[must_use]
pub fn headers(
    request: &Request<'_>,
    key_id: &str,
    secret: &[u8],
    now_unix_s: u64,
    nonce: &str,
) -> Vec<(String, String)> {
    let values = [
        request.request_target,
        request.authority,
        request.organization_id,
        request.session_id,
        request.correlation_id,
        key_id,
    ];
    let list = COMPONENTS.map(|name| format!("\"{name}\"")).join(" ");
    let expires = now_unix_s.saturating_add(GOOD_FOR_S);
    let parameters = format!(
        "({list});keyid={};nonce={};alg=\"{ALGORITHM}\";created={now_unix_s};expires={expires}",
        quoted(key_id),
        quoted(nonce),
    );
    let code = hmac_over(secret, signed_text(&values, &parameters).as_bytes()).finalize();
    let signature = format!("sig1=:{}:", STANDARD.encode(code.into_bytes()));
    let pairs = [
        ("Audiohook-Organization-Id", request.organization_id.to_owned()),
        ("Audiohook-Session-Id", request.session_id.to_owned()),
        ("Audiohook-Correlation-Id", request.correlation_id.to_owned()),
        ("X-API-KEY", key_id.to_owned()),
        ("Signature-Input", format!("sig1={parameters}")),
        ("Signature", signature),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

/// A string as RFC 8941 writes it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::audiohook::signature::{Credentials, SignatureError, Signed, Verifier};

    const REQUEST: Request<'_> = Request {
        request_target: "/api/v1/audiohook/ws",
        authority: "127.0.0.1:19001",
        organization_id: "8bb01349-75a2-454b-b299-0283da5da512",
        session_id: "c91dfdbf-93c3-4727-b294-62c0a837c43e",
        correlation_id: "6483f47f-624a-4724-9654-6f9b214ca166",
    };
    const NOW: u64 = 1_795_900_992;

    fn checked(
        verifier: &mut Verifier,
        headers: &[(String, String)],
    ) -> Result<(), SignatureError> {
        let value = |name: &str| {
            headers.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value.as_str())
        };
        let signed = Signed {
            request_target: REQUEST.request_target,
            authority: REQUEST.authority,
            organization_id: value("Audiohook-Organization-Id"),
            session_id: value("Audiohook-Session-Id"),
            correlation_id: value("Audiohook-Correlation-Id"),
            api_key: value("X-API-KEY"),
            signature_input: value("Signature-Input"),
            signature: value("Signature"),
        };
        verifier.check(&signed, NOW)
    }

    #[test]
    fn the_headers_are_those_of_genesys_client() {
        let headers = headers(&REQUEST, "k1", b"secretsecret", NOW, "sMYqPrizhQ5XXOFgv413WofA");
        let (name, signature) = headers.last().unwrap();
        assert_eq!(name, "Signature");
        assert_eq!(signature, "sig1=:f2dTwrV1Fxv/x4yFJsS3b6G5O/2IhxX2RfalfffgtjY=:");
    }

    #[test]
    fn what_is_signed_is_taken_once_for_each_nonce() {
        let key = "a\"b\\c";
        let mut verifier = Verifier::new(Credentials::new(&[(key, "c2VjcmV0c2VjcmV0")]).unwrap());
        for number in 0..3 {
            let nonce = format!("{number:022}");
            let headers = headers(&REQUEST, key, b"secretsecret", NOW, &nonce);
            assert_eq!(checked(&mut verifier, &headers), Ok(()));
            assert_eq!(checked(&mut verifier, &headers), Err(SignatureError::Replayed));
        }
        let wrong = headers(&REQUEST, key, b"secret", NOW, "sMYqPrizhQ5XXOFgv413WofA");
        assert_eq!(checked(&mut verifier, &wrong), Err(SignatureError::WrongSignature));
    }
}
