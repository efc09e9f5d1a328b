//! A signature of Genesys' own client, and what is not as good.

use super::*;
use proptest::prelude::*;

/// What Genesys' own client signed at this time.
const CREATED: u64 = 1_795_900_992;
const INPUT: &str = "sig1=(\"@request-target\" \"@authority\" \"audiohook-organization-id\" \
                     \"audiohook-session-id\" \"audiohook-correlation-id\" \"x-api-key\");keyid=\"k1\";\
                     nonce=\"sMYqPrizhQ5XXOFgv413WofA\";alg=\"hmac-sha256\";created=1795900992;\
                     expires=1795901022";
const KNOWN: Signed<'_> = Signed {
    request_target: "/api/v1/audiohook/ws",
    authority: "127.0.0.1:19001",
    organization_id: "8bb01349-75a2-454b-b299-0283da5da512",
    session_id: "c91dfdbf-93c3-4727-b294-62c0a837c43e",
    correlation_id: "6483f47f-624a-4724-9654-6f9b214ca166",
    api_key: "k1",
    signature_input: INPUT,
    signature: "sig1=:f2dTwrV1Fxv/x4yFJsS3b6G5O/2IhxX2RfalfffgtjY=:",
};

fn verifier() -> Verifier {
    Verifier::new(Credentials::new(&[("k1", "c2VjcmV0c2VjcmV0"), ("k2", "b3RoZXI=")]).unwrap())
}

fn checked(signed: &Signed<'_>, now_unix_s: u64) -> Result<(), SignatureError> {
    verifier().check(signed, now_unix_s)
}

fn refused(signed: &Signed<'_>) -> SignatureError {
    checked(signed, CREATED).unwrap_err()
}

/// The input with something else in it, and signed well for it.
fn signed_anew(input: &str, secret: &[u8], now_unix_s: u64) -> Result<(), SignatureError> {
    let text = signed_text(&KNOWN.values(), input.strip_prefix("sig1=").unwrap());
    let signature = STANDARD.encode(hmac_over(secret, text.as_bytes()).finalize().into_bytes());
    let signature = format!("sig1=:{signature}:");
    checked(&Signed { signature_input: input, signature: &signature, ..KNOWN }, now_unix_s)
}

#[test]
fn what_genesys_client_signed_is_good_from_3_s_before_to_10_s_after() {
    assert_eq!(checked(&KNOWN, CREATED), Ok(()));
    assert_eq!(checked(&KNOWN, CREATED - 3), Ok(()));
    assert_eq!(checked(&KNOWN, CREATED - 4), Err(SignatureError::InTheFuture));
    assert_eq!(checked(&KNOWN, CREATED + 10), Ok(()));
    assert_eq!(checked(&KNOWN, CREATED + 11), Err(SignatureError::TooOld));
    assert_eq!(checked(&KNOWN, 0), Err(SignatureError::InTheFuture));
    assert_eq!(checked(&KNOWN, u64::MAX), Err(SignatureError::TooOld));
}

#[test]
fn what_was_taken_is_not_taken_again() {
    let mut verifier = verifier();
    assert_eq!(verifier.check(&KNOWN, CREATED - 3), Ok(()));
    for now in CREATED - 3..=CREATED + 10 {
        assert_eq!(verifier.check(&KNOWN, now), Err(SignatureError::Replayed));
    }
}

#[test]
fn a_wrong_signature_uses_no_nonce_up() {
    let mut verifier = verifier();
    let wrong = Signed { authority: "elsewhere", ..KNOWN };
    assert_eq!(verifier.check(&wrong, CREATED), Err(SignatureError::WrongSignature));
    assert_eq!(verifier.check(&KNOWN, CREATED), Ok(()));
}

#[test]
fn each_header_that_is_changed_is_noticed() {
    let changed = [
        Signed { request_target: "/api/v1/audiohook/ws?a=b", ..KNOWN },
        Signed { authority: "127.0.0.1:19002", ..KNOWN },
        Signed { organization_id: KNOWN.session_id, ..KNOWN },
        Signed { session_id: KNOWN.correlation_id, ..KNOWN },
        Signed { correlation_id: KNOWN.session_id, ..KNOWN },
        Signed { signature: "sig1=:f2dTwrV1Fxv/x4yFJsS3b6G5O/2IhxX2RfalfffgtjA=:", ..KNOWN },
    ];
    for signed in changed {
        assert_eq!(refused(&signed), SignatureError::WrongSignature, "{signed:?}");
    }
    let later = INPUT.replace("1795901022", "1795901023");
    assert_eq!(
        refused(&Signed { signature_input: &later, ..KNOWN }),
        SignatureError::WrongSignature
    );
    assert_eq!(refused(&Signed { api_key: "k2", ..KNOWN }), SignatureError::KeyMismatch);
}

#[test]
fn the_secret_is_that_of_the_key() {
    assert_eq!(signed_anew(INPUT, b"secretsecret", CREATED), Ok(()));
    assert_eq!(signed_anew(INPUT, b"other", CREATED), Err(SignatureError::WrongSignature));
    let unknown = INPUT.replace("k1", "k3");
    let signed = Signed { api_key: "k3", signature_input: &unknown, ..KNOWN };
    assert_eq!(refused(&signed), SignatureError::UnknownKey);
    let text = signed_text(&signed.values(), unknown.strip_prefix("sig1=").unwrap());
    let by_zeros = hmac_over(&[0; 32], text.as_bytes()).finalize().into_bytes();
    let signature = format!("sig1=:{}:", STANDARD.encode(by_zeros));
    assert_eq!(refused(&Signed { signature: &signature, ..signed }), SignatureError::UnknownKey);
}

#[test]
fn each_of_two_keys_is_taken() {
    let input = INPUT.replace("k1", "k2");
    let signed = Signed { api_key: "k2", signature_input: &input, ..KNOWN };
    let text = signed_text(&signed.values(), input.strip_prefix("sig1=").unwrap());
    let code = hmac_over(b"other", text.as_bytes()).finalize().into_bytes();
    let signature = format!("sig1=:{}:", STANDARD.encode(code));
    assert_eq!(checked(&Signed { signature: &signature, ..signed }, CREATED), Ok(()));
}

#[test]
fn a_time_that_the_client_set_is_kept() {
    let input = INPUT.replace("1795901022", "1795900997");
    let at = |now| signed_anew(&input, b"secretsecret", now);
    assert_eq!(at(CREATED + 5), Ok(()));
    assert_eq!(at(CREATED + 6), Err(SignatureError::Expired));
}

#[test]
fn weak_nonces_and_other_algorithms_are_not_taken() {
    let short = INPUT.replace("sMYqPrizhQ5XXOFgv413WofA", "sMYqPrizhQ5XXOFgv413W");
    assert_eq!(signed_anew(&short, b"secretsecret", CREATED), Err(SignatureError::ShortNonce));
    let other = INPUT.replace("hmac-sha256", "none");
    assert_eq!(signed_anew(&other, b"secretsecret", CREATED), Err(SignatureError::WrongAlgorithm));
}

#[test]
fn signatures_that_are_none_are_malformed() {
    let short = "sig1=:f2dTwrV1Fxv/x4yFJsS3b6G5O/2IhxX2RfalfffgtA==:";
    let wrong = [
        "f2dTwrV1Fxv/x4yFJsS3b6G5O/2IhxX2RfalfffgtjY=",
        "sig2=:f2dTwrV1Fxv/x4yFJsS3b6G5O/2IhxX2RfalfffgtjY=:",
        "sig1=:f2dTwrV1Fxv/x4yFJsS3b6G5O/2IhxX2RfalfffgtjY=",
        "sig1=:f2dTwrV1Fxv/x4yFJsS3b6G5O/2IhxX2RfalfffgtjY:",
        "sig1=:not base64:",
        "sig1=::",
        "sig1=:",
        short,
    ];
    for signature in wrong {
        let error = refused(&Signed { signature, ..KNOWN });
        assert_eq!(error, SignatureError::MalformedSignature, "{signature}");
    }
}

#[test]
fn values_are_printable_and_not_too_long() {
    let two_lines = "127.0.0.1:19001\n\"audiohook-organization-id\": other";
    assert_eq!(
        refused(&Signed { authority: two_lines, ..KNOWN }),
        SignatureError::BadValue("@authority")
    );
    assert_eq!(
        refused(&Signed { session_id: "", ..KNOWN }),
        SignatureError::BadValue("audiohook-session-id")
    );
    let long = "a".repeat(MAX_VALUE_BYTES + 1);
    assert_eq!(refused(&Signed { api_key: &long, ..KNOWN }), SignatureError::TooLong("x-api-key"));
    assert_eq!(
        refused(&Signed { signature_input: &long, ..KNOWN }),
        SignatureError::TooLong("signature-input")
    );
}

proptest! {
    #[test]
    fn one_changed_letter_in_the_input_is_never_taken(at in 0..INPUT.len(), letter in "[ -~]") {
        prop_assume!(INPUT[at..=at] != letter);
        let changed = format!("{}{letter}{}", &INPUT[..at], &INPUT[at + 1..]);
        let signed = Signed { signature_input: &changed, ..KNOWN };
        prop_assert!(checked(&signed, CREATED).is_err());
    }

    #[test]
    fn nothing_makes_it_panic(text in "\\PC*", now in any::<u64>()) {
        let all = Signed {
            request_target: &text,
            authority: &text,
            organization_id: &text,
            session_id: &text,
            correlation_id: &text,
            api_key: &text,
            signature_input: &text,
            signature: &text,
        };
        let input = Signed { signature_input: &text, ..KNOWN };
        let signature = Signed { signature: &text, ..KNOWN };
        for signed in [all, input, signature] {
            prop_assert!(checked(&signed, now).is_err());
        }
    }
}
