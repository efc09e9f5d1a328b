use super::*;
use proptest::prelude::*;

/// RFC 7865's own form, with two participants who each send one stream.
fn of_rfc(caller: &str, operator: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<recording xmlns='urn:ietf:params:xml:ns:recording:1'>
  <datamode>complete</datamode>
  <session session_id="hVpd7YQgRW2nD22h7q60JQ=="><sipSessionID>ab30317f</sipSessionID></session>
  <participant participant_id="p1=="><nameID aor="{caller}"><name xml:lang="it">Bob</name></nameID></participant>
  <participant participant_id="p2=="><nameID aor="{operator}"/></participant>
  <stream stream_id="s1==" session_id="hVpd7YQgRW2nD22h7q60JQ=="><label>96</label></stream>
  <stream stream_id="s2==" session_id="hVpd7YQgRW2nD22h7q60JQ=="><label>97</label></stream>
  <sessionrecordingassoc session_id="hVpd7YQgRW2nD22h7q60JQ=="><associate-time>2010-12-16T23:41:07Z</associate-time></sessionrecordingassoc>
  <participantsessionassoc participant_id="p1==" session_id="hVpd7YQgRW2nD22h7q60JQ=="/>
  <participantstreamassoc participant_id="p1=="><send>s1==</send><recv>s2==</recv></participantstreamassoc>
  <participantstreamassoc participant_id="p2=="><send> s2== </send><recv>s1==</recv></participantstreamassoc>
</recording>"#
    )
}

/// Oracle's form: a draft's, with `<send>` in the participant, and an extension with SIP headers that are no XML.
const ORACLE: &str = r#"<?xml version='1.0' encoding='UTF-8'?>
<recording xmlns='urn:ietf:params:xml:ns:recording'>
  <datamode>complete</datamode>
  <session id="se=="><extensiondata xmlns:apkt="http:/acmepacket.com/siprec/extensiondata"><apkt:callerOrig>true</apkt:callerOrig></extensiondata></session>
  <participant id="p1==" session="se==">
    <nameID aor="sip:5550100@192.0.2.10"><name>x</name></nameID>
    <send>s1==</send>
    <extensiondata xmlns:apkt="http://acmepacket.com/siprec/extensiondata">
      <apkt:callingParty>true</apkt:callingParty>
      <apkt:header label=P-Asserted-Identity><value>sip:5550100@192.0.2.10</value></apkt:header>
      <apkt:header label=Diversion><value>x</value></apkt:header>
    </extensiondata>
  </participant>
  <participant id="p2==" session="se==">
    <aor>sip:116123@192.0.2.60</aor>
    <send>s2==</send>
    <extensiondata xmlns:apkt="http://acmepacket.com/siprec/extensiondata"><apkt:callingParty>false</apkt:callingParty></extensiondata>
  </participant>
  <stream id="s1==" session="se=="><label>65804</label><mode>separate</mode></stream>
  <stream id="s2==" session="se=="><label>65805</label><mode>separate</mode></stream>
</recording>"#;

fn own(numbers: &[&str]) -> Vec<String> {
    numbers.iter().map(|number| (*number).to_owned()).collect()
}

/// The sides alone, in the document's order.
fn read(metadata: &str, own_numbers: &[&str]) -> Vec<Side> {
    let sides = sides(metadata, &own(own_numbers)).expect("a recording");
    sides.into_iter().map(|(_, side)| side).collect()
}

const KNOWN: [Side; 2] = [Side::Caller, Side::Operator];
const UNKNOWN: [Side; 2] = [Side::Unknown, Side::Unknown];

#[test]
fn the_caller_is_who_has_none_of_our_numbers() {
    let metadata = of_rfc("sip:+49-170-5550100;user=x@192.0.2.1", "tel:+49-30-116123");
    let named = sides(&metadata, &own(&["0800", "+49 30 116123"])).expect("a recording");
    assert_eq!(named, [("96".to_owned(), Side::Caller), ("97".to_owned(), Side::Operator)]);
    let metadata = of_rfc("sips:Help@example.org", "sip:anonymous@anonymous.invalid");
    assert_eq!(read(&metadata, &["help"]), [Side::Operator, Side::Caller]);
    assert_eq!(read(ORACLE, &["116123"]), KNOWN);
}

#[test]
fn nothing_is_guessed() {
    let metadata = of_rfc("sip:5550100@a", "sip:116123@b");
    assert_eq!(read(&metadata, &[]), UNKNOWN, "no number is ours");
    assert_eq!(read(&metadata, &["999"]), UNKNOWN, "neither is ours");
    assert_eq!(read(&metadata, &["5550100", "116123"]), UNKNOWN, "both are ours");
    assert_eq!(read(&of_rfc("", "sip:116123@b"), &["116123"]), UNKNOWN, "one has no number");
    assert_eq!(read(&of_rfc("sip:192.0.2.1", "sip:116123@b"), &["116123"]), UNKNOWN, "a host");
}

#[test]
fn oracle_names_the_calling_party() {
    assert_eq!(read(ORACLE, &[]), KNOWN);
    assert_eq!(read(&ORACLE.replace(">false<", ">true<"), &[]), UNKNOWN);
    assert_eq!(read(&ORACLE.replace(">true<", ">false<"), &[]), UNKNOWN);
    assert_eq!(read(ORACLE, &["999"]), UNKNOWN, "it may be a call from a number that is not set");
    assert_eq!(read(ORACLE, &["5550100"]), [Side::Operator, Side::Caller], "a call from here");
}

#[test]
fn the_caller_is_known_before_the_operator_is_heard() {
    let first = ORACLE.replace("<send>s2==</send>", "");
    let first = first.replace(
        r#"<stream id="s2==" session="se=="><label>65805</label><mode>separate</mode></stream>"#,
        "",
    );
    assert_eq!(read(&first, &["116123"]), [Side::Caller]);
}

#[test]
fn who_left_is_not_there() {
    let third = r#"<participant participant_id="p3"><nameID aor="sip:777@c"/></participant>
        <participantsessionassoc participant_id="p3"/></recording>"#;
    let three = of_rfc("sip:555@a", "sip:116123@b").replace("</recording>", third);
    assert_eq!(read(&three, &["116123"]), UNKNOWN, "two may be the caller");
    let left = "<participantsessionassoc participant_id=\"p3\"><disassociate-time>2026-01-01T00:00:00Z\
        </disassociate-time></participantsessionassoc>";
    let left = three.replace("<participantsessionassoc participant_id=\"p3\"/>", left);
    assert_eq!(read(&left, &["116123"]), KNOWN);
}

#[test]
fn a_stream_of_two_is_nobodys() {
    let mixed =
        of_rfc("sip:555@a", "sip:116123@b").replace("<send> s2== </send>", "<send>s1==</send>");
    assert_eq!(read(&mixed, &["116123"]), UNKNOWN);
}

#[test]
fn a_part_that_names_streams_without_a_label_tells_nothing() {
    let part = of_rfc("sip:555@a", "sip:116123@b").replace("complete", "partial");
    assert_eq!(read(&part, &["116123"]), KNOWN);
    let part = part.replace("<stream stream_id=\"s2==\"", "<stream stream_id=\"s3==\"");
    let refusal = sides(&part, &own(&["116123"])).expect_err("s2 has no label");
    assert_eq!(refusal.word(), "unsupported");
}

#[test]
fn what_is_no_such_document_is_refused() {
    let word = |text: &str| sides(text, &[]).map_err(Refusal::word);
    assert_eq!(word(""), Err("malformed"));
    assert_eq!(word("<recording>"), Err("malformed"));
    assert_eq!(word("<other/>"), Err("malformed"));
    assert_eq!(word("<recording a=b/>"), Err("malformed"));
    assert_eq!(word("<apkt:header></apkt:header>"), Err("malformed"));
    assert_eq!(
        word("<!DOCTYPE a [<!ENTITY b \"c\">]><recording>&b;</recording>"),
        Err("not_allowed")
    );
    assert_eq!(word(&format!("<recording>{}</recording>", " ".repeat(MAX_LEN))), Err("too_large"));
    let nested = format!("{}{}", "<a>".repeat(5_000), "</a>".repeat(5_000));
    assert_eq!(word(&format!("<recording>{nested}</recording>")), Err("too_large"));
    let deep = format!("<recording>{}{}</recording>", "<a>".repeat(40), "</a>".repeat(40));
    assert_eq!(word(&deep), Err("too_large"));
    let wide = format!("<recording>{}</recording>", "<a/>".repeat(5_000));
    assert_eq!(word(&wide), Err("too_large"));
    let names: Vec<String> = (0..100).map(|n| format!("xmlns:a{n}='b'")).collect();
    assert_eq!(word(&format!("<recording {}/>", names.join(" "))), Err("too_large"));
    let attributes: Vec<String> = (0..5_000).map(|n| format!("a{n}='b'")).collect();
    assert_eq!(word(&format!("<recording {}/>", attributes.join(" "))), Err("too_large"));
    // As many participants and streams as a call may have, and one more of either.
    for name in ["participant", "stream"] {
        let most = format!("<recording>{}</recording>", format!("<{name}/>").repeat(MAX_OF_EACH));
        assert_eq!(word(&most), Ok(Vec::new()), "{name}");
        let more = most.replacen("<recording>", &format!("<recording><{name}/>"), 1);
        assert_eq!(word(&more), Err("too_large"), "{name}");
    }
    assert_eq!(word("\u{feff} <recording/>\r\n"), Ok(Vec::new()));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(<|>|/|apkt:header|\"|=|participant|id|send|stream|\\PC)*") {
        let _ = sides(&text, &own(&["1"]));
    }

    #[test]
    fn no_damage_makes_it_panic(at in 0..ORACLE.len(), text in "\\PC{0,3}") {
        let (before, after) = ORACLE.split_at(at);
        let damaged = format!("{before}{text}{}", after.get(1..).unwrap_or_default());
        let _ = sides(&damaged, &own(&["116123"]));
    }
}
