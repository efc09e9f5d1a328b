//! Tests: requests within a call.

use super::*;

#[test]
fn a_new_offer_may_change_all_of_it() {
    let mut recorder = recorder();
    let (key, tag) = begin(&mut recorder, 1);
    // The sides change places, the first line is off, the second stands still, and a third is new.
    let sdp = SDP.replace("12240", "0").replace("8\r\na=sendonly", "8\r\na=inactive")
        + "m=audio 32242 RTP/AVP 0\r\na=label:3\r\n";
    let metadata = METADATA
        .replace("5550100", "0")
        .replace("116123", "5550100")
        .replace("sip:0@", "sip:116123@");
    let reinvite = message("INVITE", 1, 2, Some(&tag), body(&sdp, Some(&metadata)));
    let actions = recorder.hear(&reinvite, from(), at(100));
    let [Action::Change { call, streams, trouble: None }, Action::Send { .. }] = actions.as_slice()
    else {
        panic!("{actions:?}")
    };
    assert_eq!(*call, key);
    assert_eq!(sides(streams), [("2", 30_002, Side::Caller), ("3", 30_004, Side::Unknown)]);
    assert_eq!(streams.iter().map(|stream| stream.sends).collect::<Vec<_>>(), [false, true]);
    let answer = sent(&actions);
    assert!(answer.contains("m=audio 0 RTP/AVP 0 101\r\n"), "{answer}");
    assert!(answer.contains("a=label:2\r\na=inactive\r\n"), "{answer}");
    assert!(answer.contains(" 2 IN IP4 10.0.0.7\r\n"), "the second answer: {answer}");
    assert_eq!(recorder.hear(&reinvite, from(), at(200)).as_slice(), &actions[1..], "once more");
    assert_eq!(sent(&recorder.tick(at(700))), answer);
    recorder.hear(&message("ACK", 1, 2, Some(&tag), none()), from(), at(800));
    assert_eq!(recorder.tick(at(60_000)), []);

    let old = message("INVITE", 1, 1, Some(&tag), body(SDP, None));
    assert_eq!(status(&recorder.hear(&old, from(), at(900))), 500);
    let bye = message("BYE", 1, 3, Some(&tag), none());
    recorder.hear(&bye, from(), at(1_000));
    assert_eq!(recorder.ports.n_free(), 4);
}

#[test]
fn a_sign_of_life_changes_nothing() {
    let mut recorder = recorder();
    let (_, tag) = begin(&mut recorder, 1);
    let same = message("INVITE", 1, 2, Some(&tag), ("application/sdp".to_owned(), SDP.to_owned()));
    let actions = recorder.hear(&same, from(), at(100));
    assert_eq!((actions.len(), status(&actions)), (1, 200));
    let empty = message("UPDATE", 1, 3, Some(&tag), none());
    let actions = recorder.hear(&empty, from(), at(200));
    assert_eq!((actions.len(), status(&actions)), (1, 200));
    assert!(sent(&actions).ends_with("Content-Length: 0\r\n\r\n"));
    let no_offer = message("INVITE", 1, 4, Some(&tag), none());
    assert_eq!(status(&recorder.hear(&no_offer, from(), at(300))), 488);
    assert_eq!(recorder.n_calls(), 1);
}

#[test]
fn metadata_may_come_later_and_may_be_unreadable() {
    let mut recorder = recorder();
    let actions = recorder.hear(&message("INVITE", 1, 1, None, body(SDP, None)), from(), at(0));
    let Some(Action::Begin { streams, trouble: None, .. }) = actions.first() else {
        panic!("{actions:?}")
    };
    assert!(streams.iter().all(|stream| stream.side == Side::Unknown));
    let tag = tag_of(&sent(&actions));
    let update = |sequence, metadata: &str| {
        let body = ("application/rs-metadata+xml".to_owned(), metadata.to_owned());
        message("UPDATE", 1, sequence, Some(&tag), body)
    };
    let actions = recorder.hear(&update(2, METADATA), from(), at(100));
    let Some(Action::Change { streams, trouble: None, .. }) = actions.first() else {
        panic!("{actions:?}")
    };
    assert_eq!(sides(streams), [("1", 30_000, Side::Caller), ("2", 30_002, Side::Operator)]);
    let partial = METADATA.replace("complete", "partial").replace("<label>2</label>", "");
    let actions = recorder.hear(&update(3, &partial), from(), at(200));
    let Some(Action::Change { streams, trouble: Some(trouble), .. }) = actions.first() else {
        panic!("{actions:?}")
    };
    assert!(streams.iter().all(|stream| stream.side == Side::Unknown));
    assert_eq!(trouble.word(), "unsupported");
    let actions = recorder.hear(&update(4, "<recording"), from(), at(200));
    assert!(
        matches!(actions.first(), Some(Action::Change { trouble: Some(_), .. })),
        "{actions:?}"
    );
    assert_eq!(status(&actions), 200);
}

#[test]
fn lines_with_one_label_are_nobodys() {
    let mut recorder = recorder();
    let sdp = SDP.replace("label:2", "label:1");
    let actions =
        recorder.hear(&message("INVITE", 1, 1, None, body(&sdp, Some(METADATA))), from(), at(0));
    let Some(Action::Begin { streams, .. }) = actions.first() else { panic!("{actions:?}") };
    assert!(streams.iter().all(|stream| stream.side == Side::Unknown));
}
