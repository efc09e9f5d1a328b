//! Tests: what is refused, and what is not for calls.

use super::*;

#[test]
fn an_unknown_call_is_told_so() {
    let mut recorder = recorder();
    for method in ["BYE", "UPDATE", "INVITE", "CANCEL"] {
        let message = message(method, 9, 1, Some("x"), none());
        assert_eq!(status(&recorder.hear(&message, from(), at(0))), 481, "{method}");
    }
    assert_eq!(recorder.hear(&message("ACK", 9, 1, Some("x"), none()), from(), at(0)), []);
}

#[test]
fn calls_that_cannot_be_taken_are_refused() {
    let mut recorder = recorder_with(&[30_000, 30_002]);
    let mut refused = |body: (String, String)| {
        let actions = recorder.hear(&message("INVITE", 1, 1, None, body), from(), at(0));
        let Some(Action::Refused(word)) = actions.last() else { panic!("{actions:?}") };
        (status(&actions), *word)
    };
    assert_eq!(refused(none()), (488, "unacceptable"));
    assert_eq!(refused(("application/sdp".to_owned(), SDP.to_owned())), (488, "unacceptable"));
    assert_eq!(refused(("text/plain".to_owned(), "x".to_owned())), (415, "unacceptable"));
    assert_eq!(refused(("multipart/mixed".to_owned(), "x".to_owned())), (400, "unacceptable"));
    assert_eq!(refused(body("v=0\r\n", Some(METADATA))), (488, "unacceptable"));
    assert_eq!(refused(body("hello", Some(METADATA))), (488, "unacceptable"));
    assert_eq!(refused(body(&SDP.replace("RTP/AVP", "RTP/SAVP"), None)), (488, "unacceptable"));
    let third = format!("{SDP}m=audio 9 RTP/AVP 0\r\n");
    assert_eq!(refused(body(&third, None)), (486, "no_port"));
    assert_eq!((recorder.n_calls(), recorder.ports.n_free()), (0, 2));

    let zipped = String::from_utf8(invite(1))
        .expect("text")
        .replace("Require: siprec", "Content-Encoding: gzip");
    assert_eq!(status(&recorder.hear(zipped.as_bytes(), from(), at(0))), 415);
    let required = zipped.replace("Content-Encoding: gzip", "Require: siprec, timer");
    let actions = recorder.hear(required.as_bytes(), from(), at(0));
    assert_eq!((status(&actions), actions.last()), (420, Some(&Action::Refused("extension"))));
    assert!(sent(&actions).contains("\r\nUnsupported: timer\r\n"));
}

#[test]
fn a_full_and_a_stopping_server_say_so() {
    let mut recorder = recorder();
    let (_, tag) = begin(&mut recorder, 1);
    recorder.set_full(true);
    let actions = recorder.hear(&invite(2), from(), at(0));
    assert_eq!((status(&actions), actions.last()), (486, Some(&Action::Refused("full"))));
    assert!(sent(&actions).contains("\r\nRetry-After: 10\r\n"));
    let options = message("OPTIONS", 3, 1, None, none());
    assert_eq!(status(&recorder.hear(&options, from(), at(0))), 200);
    recorder.set_draining(true);
    let actions = recorder.hear(&invite(2), from(), at(0));
    assert_eq!((status(&actions), actions.last()), (503, Some(&Action::Refused("draining"))));
    assert!(sent(&actions).contains("\r\nRetry-After: 10\r\n"));
    assert_eq!(status(&recorder.hear(&options, from(), at(0))), 503);
    let bye = message("BYE", 1, 2, Some(&tag), none());
    assert_eq!(status(&recorder.hear(&bye, from(), at(0))), 200);
    recorder.set_draining(false);
    recorder.set_full(false);
    begin(&mut recorder, 2);
}

#[test]
fn there_are_at_most_1000_calls() {
    let ports: Vec<u16> = (0..2_010).map(|n| 20_000 + 2 * n).collect();
    let mut recorder = recorder_with(&ports);
    for n in 0..1_000 {
        let actions = recorder.hear(&invite(n), from(), at(0));
        assert!(matches!(actions.first(), Some(Action::Begin { .. })), "{n}");
    }
    assert_eq!(status(&recorder.hear(&invite(1_000), from(), at(0))), 486);
    assert_eq!(recorder.n_calls(), 1_000);
}

#[test]
fn other_requests_are_answered() {
    let mut recorder = recorder();
    let options = recorder.hear(&message("OPTIONS", 1, 1, None, none()), from(), at(0));
    assert_eq!(status(&options), 200);
    assert!(sent(&options).contains("\r\nSupported: siprec\r\n"));
    let info = recorder.hear(&message("INFO", 1, 1, None, none()), from(), at(0));
    assert_eq!(status(&info), 405);
    assert!(sent(&info).contains(&format!("\r\nAllow: {ALLOW}\r\n")));
    begin(&mut recorder, 1);
    assert_eq!(status(&recorder.hear(&message("CANCEL", 1, 1, None, none()), from(), at(0))), 200);
    let other = String::from_utf8(invite(1)).expect("text").replace("tag=src1", "tag=other");
    assert_eq!(status(&recorder.hear(other.as_bytes(), from(), at(0))), 482);
    assert_eq!(recorder.n_calls(), 1);
    assert_eq!(recorder.hear(b"\r\n\r\n", from(), at(0)), []);
    assert_eq!(recorder.hear(&[0], from(), at(0)), []);
    assert_eq!(
        recorder.hear(b"GET / HTTP/1.1\r\n\r\n", from(), at(0)),
        [Action::Refused("malformed")]
    );
    let large = [invite(2), vec![b' '; 64 * 1024]].concat();
    assert_eq!(recorder.hear(&large, from(), at(0)), [Action::Refused("too_large")]);
}
