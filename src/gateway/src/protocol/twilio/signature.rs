//! Twilio's proof of who opens a connection: the header `X-Twilio-Signature`.
//!
//! In: the account's token, the URL as the platform has it, the header. Out: whether they fit. Keeps nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

/// What Twilio signs a connection to `url` with: base64 of HMAC-SHA1 (Twilio's page on security).
///
/// The URL counts letter by letter: a port or a slash at the end gives another signature.
#[must_use]
pub fn twilio_signature(token: &[u8], url: &str) -> String {
    STANDARD.encode(mac(token, url))
}

/// Whether `header` is the signature of `url`, compared in a time that does not tell how much of it is right.
///
/// Never with an empty token: everybody has that one. No time is signed, so whoever saw a signature can send it again.
#[must_use]
pub fn is_signed(token: &[u8], url: &str, header: &str) -> bool {
    let expected = twilio_signature(token, url);
    let fits = expected.as_bytes().ct_eq(header.as_bytes());
    !token.is_empty() && bool::from(fits)
}

fn mac(token: &[u8], url: &str) -> [u8; 20] {
    let mut mac = Hmac::<Sha1>::new_from_slice(token).expect("HMAC takes a key of any length");
    mac.update(url.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &[u8] = b"12345678901234567890123456789012";
    const URL: &str = "wss://gateway.example/twilio";
    /// Python 3.11: `base64.b64encode(hmac.new(TOKEN, URL, hashlib.sha1).digest())`.
    const SIGNATURE: &str = "PAmTliR4sf3yyc4UJNhmdkM81qM=";

    #[test]
    fn signatures_are_those_of_another_implementation() {
        assert_eq!(twilio_signature(TOKEN, URL), SIGNATURE);
        // A token longer than a block of SHA-1.
        assert_eq!(twilio_signature(&[b'k'; 100], URL), "EpCAI+KBJNM/14JSz9kHqYLjPg0=");
    }

    #[test]
    fn only_the_exact_url_passes() {
        assert!(is_signed(TOKEN, URL, SIGNATURE));
        let port = "wss://gateway.example:443/twilio";
        assert_eq!(twilio_signature(TOKEN, port), "s0xJU5wyAEeUzVJn0ddlW8l/uxU=");
        assert!(!is_signed(TOKEN, port, SIGNATURE));
        assert!(!is_signed(TOKEN, "wss://gateway.example/twilio/", SIGNATURE));
    }

    #[test]
    fn another_token_or_header_does_not_pass() {
        assert!(!is_signed(b"another", URL, SIGNATURE));
        for header in ["", "=", &SIGNATURE[..27], &SIGNATURE.to_lowercase(), "not base64 \u{1f600}"]
        {
            assert!(!is_signed(TOKEN, URL, header), "{header}");
        }
        assert!(!is_signed(TOKEN, URL, &format!("{SIGNATURE}\n")));
    }

    #[test]
    fn an_empty_token_lets_nobody_in() {
        assert!(!is_signed(b"", URL, &twilio_signature(b"", URL)));
    }
}
