//! What is no message of the protocol, or comes at the wrong time: refused, and the client is told.

use super::*;
use proptest::prelude::*;

/// What a refused message comes to: the refusal, and the reason that the client is told.
fn refused(hook: &mut AudioHook, message: Incoming<'_>) -> (Refusal, String) {
    let mut said = Vec::new();
    let refusal = hook.hear(message, &mut said).unwrap_err();
    assert_eq!(said.len(), 1, "{said:?}");
    let value = value_of(&said[0]);
    assert_eq!(value["type"], "disconnect");
    assert_eq!(value["parameters"]["info"], refusal.to_string());
    let mut after = Vec::new();
    assert_eq!(hook.hear(message, &mut after), Ok(()));
    assert!(after.is_empty());
    (refusal, value["parameters"]["reason"].as_str().unwrap().to_owned())
}

fn malformed(hook: &mut AudioHook, text: &str) -> &'static str {
    match refused(hook, Incoming::Text(text)) {
        (Refusal::Malformed(why), reason) if reason == "error" => why,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn what_is_not_offered_is_refused() {
    let linear =
        json!({ "type": "audio", "format": "L16", "channels": ["external"], "rate": 8000 });
    for media in [vec![], vec![linear]] {
        let text = message(1, "open", &open_parameters(&media));
        let (refusal, reason) = refused(&mut session(), Incoming::Text(&text));
        assert_eq!((refusal.word(), &*reason), ("unsupported", "error"));
    }
}

#[test]
fn the_organization_is_that_of_the_header() {
    let mut parameters = open_parameters(&usual_offers());
    parameters["organizationId"] = json!(CONVERSATION);
    let text = message(1, "open", &parameters);
    let (refusal, reason) = refused(&mut session(), Incoming::Text(&text));
    assert_eq!((refusal.word(), &*reason), ("not_allowed", "unauthorized"));
}

#[test]
fn a_conversation_without_a_proper_id_is_no_call() {
    for id in [NIL, "", "+4930123456"] {
        let mut parameters = open_parameters(&usual_offers());
        parameters["conversationId"] = json!(id);
        let why = malformed(&mut session(), &message(1, "open", &parameters));
        assert_eq!(why, "a conversation without a proper id");
    }
}

#[test]
fn durations_that_are_none_are_refused() {
    for wrong in [json!("1.2"), json!("PT1e9S"), json!(1.2), json!(null), json!("PT99999999S")] {
        let gap = json!({ "start": "PT0S", "discarded": wrong });
        let (mut hook, _) = opened_with(&usual_offers());
        malformed(&mut hook, &message(2, "discarded", &gap));
    }
}

#[test]
fn numbers_that_are_left_out_or_repeated_are_refused() {
    for seq in [0, 1, 3, u64::MAX] {
        let (mut hook, _) = opened_with(&usual_offers());
        let why = malformed(&mut hook, &message(seq, "ping", &json!({})));
        assert_eq!(why, "a number out of order");
    }
    assert_eq!(malformed(&mut session(), &message(2, "ping", &json!({}))), "a number out of order");
}

#[test]
fn messages_of_another_session_or_version_are_refused() {
    let ping = message(1, "ping", &json!({}));
    let why = malformed(&mut session(), &ping.replace(SESSION, CONVERSATION));
    assert_eq!(why, "the id of another session");
    let why = malformed(&mut session(), &ping.replace("\"2\"", "\"3\""));
    assert_eq!(why, "a version other than 2");
}

#[test]
fn what_is_no_message_is_refused() {
    let deep = "[".repeat(30_000);
    let deep_field = message(1, "ping", &json!({})).replace("{}", &deep);
    let number_as_text = message(1, "ping", &json!({})).replace("\"seq\":1", "\"seq\":\"1\"");
    let negative = message(1, "ping", &json!({})).replace("\"seq\":1", "\"seq\":-1");
    let twice = message(1, "ping", &json!({})).replace("\"seq\":1", "\"seq\":1,\"seq\":1");
    let wrong = ["", "{}", "null", "[1]", "ping", "{\"version\":\"2\"", &deep];
    for text in wrong.into_iter().chain([&*deep_field, &*number_as_text, &*negative, &*twice]) {
        assert_eq!(malformed(&mut session(), text), "a text that is no message");
    }
}

#[test]
fn depth_is_no_danger() {
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let deep_ping = message(1, "ping", &json!("deep")).replace("\"deep\"", &deep);
    assert_eq!(hear_text(&mut session(), &deep_ping).0.len(), 1);
    let mut parameters = open_parameters(&usual_offers());
    parameters["customConfig"] = json!("deep");
    let deep_open = message(1, "open", &parameters).replace("\"deep\"", &deep);
    let why = malformed(&mut session(), &deep_open);
    assert_eq!(why, "parameters that its type does not have");
}

#[test]
fn open_with_wrong_types_is_refused() {
    let wrong = [
        ("media", json!("PCMU")),
        ("media", json!([{ "type": "audio" }])),
        (
            "media",
            json!([{ "type": "audio", "format": "PCMU", "channels": "external", "rate": 8000 }]),
        ),
        ("conversationId", json!(7)),
        ("organizationId", json!(null)),
        ("language", json!({})),
    ];
    for (name, value) in wrong {
        let mut parameters = open_parameters(&usual_offers());
        parameters[name] = value;
        let why = malformed(&mut session(), &message(1, "open", &parameters));
        assert_eq!(why, "parameters that its type does not have", "{name}");
    }
}

#[test]
fn a_second_open_is_refused() {
    let (mut hook, _) = opened_with(&usual_offers());
    let again = message(2, "open", &open_parameters(&usual_offers()));
    assert_eq!(malformed(&mut hook, &again), "a second open");
}

#[test]
fn sound_comes_after_open_in_whole_pairs_and_small_pieces() {
    let reason = |hook: &mut AudioHook, bytes: &[u8]| refused(hook, Incoming::Binary(bytes));
    let error = "error".to_owned();
    let early = Refusal::Malformed("sound before open");
    assert_eq!(reason(&mut session(), &[0xff; 2]), (early, error.clone()));
    let (mut hook, _) = opened_with(&usual_offers());
    let half = Refusal::Malformed("half a pair of samples");
    assert_eq!(reason(&mut hook, &[0xff; 3_199]), (half, error.clone()));
    let (mut hook, _) = opened_with(&usual_offers());
    assert_eq!(hear_bytes(&mut hook, &vec![0xff; MAX_SOUND_BYTES]).0.len(), 2);
    let large = Refusal::TooLarge("sound over 64 KiB");
    assert_eq!(reason(&mut hook, &vec![0xff; MAX_SOUND_BYTES + 2]), (large, error));
}

#[test]
fn a_text_has_a_limit() {
    let pad = |len: usize| message(1, "ping", &json!({ "pad": "x".repeat(len) }));
    let least = pad(0).len();
    assert_eq!(hear_text(&mut session(), &pad(MAX_TEXT_BYTES - least)).1, Ok(()));
    let (refusal, reason) =
        refused(&mut session(), Incoming::Text(&pad(MAX_TEXT_BYTES + 1 - least)));
    assert_eq!((refusal.word(), &*reason), ("too_large", "error"));
}

proptest! {
    #[test]
    fn no_bytes_or_text_make_it_panic(
        text in "\\PC*",
        bytes in proptest::collection::vec(any::<u8>(), 0..100),
        is_open in any::<bool>(),
    ) {
        let mut hook = if is_open { opened_with(&usual_offers()).0 } else { session() };
        let _ = hear_bytes(&mut hook.clone(), &bytes);
        let _ = hear_text(&mut hook, &text);
    }

    #[test]
    fn no_order_of_messages_makes_it_panic(
        order in proptest::collection::vec((0_usize..10, "(PT)?[0-9.]{0,22}S?"), 0..30),
    ) {
        const KINDS: [&str; 9] =
            ["open", "ping", "update", "discarded", "paused", "resumed", "error", "close", "other"];
        let mut hook = session();
        let mut seq = 0;
        for (index, duration) in order {
            let Some(kind) = KINDS.get(index) else {
                let _ = hear_bytes(&mut hook, duration.as_bytes());
                continue;
            };
            let mut parameters = open_parameters(&usual_offers());
            parameters["discarded"] = json!(duration);
            seq += 1;
            let (said, heard) = hear_text(&mut hook, &message(seq, kind, &parameters));
            let n_replies = said.iter().filter(|one| matches!(one, Said::Reply(_))).count();
            prop_assert!(n_replies <= 1 && (heard.is_ok() || n_replies == 1));
        }
    }
}
