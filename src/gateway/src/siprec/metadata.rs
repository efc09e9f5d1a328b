//! Whose voice is in which stream: a recording's metadata (RFC 7865, its drafts, and Oracle's extension of them).
//!
//! In: an XML document, and the numbers that are called here. Out: each stream's label and side. Keeps nothing: who
//! the participants are never leaves this file. Nothing is guessed: where no rule tells the caller, each side is
//! unknown.

use crate::protocol::{Refusal, Side};
use roxmltree::{Document, Node, ParsingOptions};
use std::borrow::Cow;

const MAX_LEN: usize = 64 * 1024;
/// What a call with 16 streams has, many times over. Attributes and namespaces of one element are compared with each
/// other, so they are bounded too.
const MAX_NODES: u32 = 4_096;
const MAX_EQUALS_SIGNS: usize = 2_048;
const MAX_NAMESPACES: usize = 64;
/// Participants, and streams: a call has 16 at most.
const MAX_OF_EACH: usize = 64;
/// Oracle's, the deepest seen, have 5.
const MAX_DEPTH: usize = 32;

/// Who takes part, as far as it tells whose voice a stream is.
struct Participant<'a> {
    id: &'a str,
    /// Whether the participant has one of the numbers that are called here; none if no number is named.
    is_own: Option<bool>,
    /// What Oracle's `callingParty` says.
    calls: Option<bool>,
    /// The ids of the streams that the participant sends.
    sends: Vec<&'a str>,
}

/// Each stream's label, in the document's order, and whose voice it is.
///
/// The caller is the one participant who has none of `own_numbers`, while all others have one. Where no own number is
/// set, Oracle's `callingParty` tells; where one is set it does not, for in a call from here it names the operator.
/// Of an own number its user part counts (`+49 30 123`, `sip:help@example.org`), without signs that only make it
/// readable.
///
/// # Errors
/// [`Refusal::TooLarge`] above 64 KiB, 32 levels and some other bounds, [`Refusal::Malformed`] for what is no such
/// XML, [`Refusal::Unsupported`] for a part of a description that names streams without saying which they are.
pub fn sides(metadata: &str, own_numbers: &[String]) -> Result<Vec<(String, Side)>, Refusal> {
    check_size(metadata)?;
    let text = metadata.trim_start_matches('\u{feff}').trim();
    match parse(text) {
        Ok(document) => sides_of(&document, own_numbers),
        Err(refusal) => {
            let Cow::Owned(text) = without_headers(text) else { return Err(refusal) };
            sides_of(&parse(&text)?, own_numbers)
        }
    }
}

fn check_size(metadata: &str) -> Result<(), Refusal> {
    if metadata.len() > MAX_LEN {
        return Err(Refusal::TooLarge("metadata: more than 64 KiB"));
    }
    if metadata.matches('=').count() > MAX_EQUALS_SIGNS
        || metadata.matches("xmlns").count() > MAX_NAMESPACES
    {
        return Err(Refusal::TooLarge("metadata: too many attributes"));
    }
    Ok(())
}

fn parse(text: &str) -> Result<Document<'_>, Refusal> {
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::NodesLimitReached => Refusal::TooLarge("metadata: too many elements"),
        roxmltree::Error::DtdDetected => Refusal::NotAllowed("metadata with a DTD"),
        _ => Refusal::Malformed("metadata: no XML"),
    })?;
    let is_deep = |node: Node<'_, '_>| node.ancestors().nth(MAX_DEPTH).is_some();
    if document.descendants().any(is_deep) {
        return Err(Refusal::TooLarge("metadata: too deep"));
    }
    Ok(document)
}

/// The text without Oracle's copies of SIP headers: their labels come without quotation marks, which is no XML.
fn without_headers(text: &str) -> Cow<'_, str> {
    const BEGIN: &str = "<apkt:header";
    const END: &str = "</apkt:header>";
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, header)) = rest.split_once(BEGIN) {
        let Some((_, after)) = header.split_once(END) else { break };
        kept.push_str(before);
        rest = after;
    }
    if kept.is_empty() {
        return Cow::Borrowed(text);
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

fn sides_of(
    document: &Document<'_>,
    own_numbers: &[String],
) -> Result<Vec<(String, Side)>, Refusal> {
    let root = document.root_element();
    if root.tag_name().name() != "recording" {
        return Err(Refusal::Malformed("metadata: no recording"));
    }
    // Each is compared with each.
    if ["participant", "stream"].into_iter().any(|name| children(root, name).count() > MAX_OF_EACH)
    {
        return Err(Refusal::TooLarge("metadata: too many participants or streams"));
    }
    let own: Vec<String> = own_numbers.iter().map(|number| user_part(number)).collect();
    let participants = participants_of(root, &own);
    let streams: Vec<(&str, String)> = children(root, "stream")
        .filter_map(|stream| Some((id_of(stream, "stream_id")?, text_of(stream, "label")?)))
        .map(|(id, label)| (id, label.to_owned()))
        .collect();
    let is_part = text_of(root, "datamode").or(text_of(root, "dataMode")) == Some("partial");
    let is_described = |id: &&str| streams.iter().any(|(known, _)| known == id);
    if is_part && !participants.iter().flat_map(|p| &p.sends).all(is_described) {
        return Err(Refusal::Unsupported("metadata: a part that names streams without a label"));
    }
    let rule = if own.is_empty() { Rule::CallingParty } else { Rule::OwnNumbers };
    let caller = caller_of(&participants, rule);
    let side = |id: &str| {
        let mut senders = participants.iter().filter(|p| p.sends.contains(&id));
        match (caller, senders.next(), senders.next()) {
            (Some(caller), Some(sender), None) if sender.id == caller => Side::Caller,
            (Some(_), Some(_), None) => Side::Operator,
            _ => Side::Unknown,
        }
    };
    Ok(streams.iter().map(|(id, label)| (label.clone(), side(id))).collect())
}

/// What tells the caller.
#[derive(Clone, Copy)]
enum Rule {
    OwnNumbers,
    CallingParty,
}

/// The id of who calls, if the rule tells it of one participant alone.
fn caller_of<'a>(participants: &[Participant<'a>], rule: Rule) -> Option<&'a str> {
    let (is_told, calls): (bool, fn(&Participant<'_>) -> bool) = match rule {
        Rule::OwnNumbers => (
            participants.iter().all(|p| p.is_own.is_some())
                && participants.iter().any(|p| p.is_own == Some(true)),
            |p| p.is_own == Some(false),
        ),
        Rule::CallingParty => (true, |p| p.calls == Some(true)),
    };
    let mut callers = participants.iter().filter(|p| is_told && calls(p));
    let caller = callers.next()?;
    callers.next().is_none().then_some(caller.id)
}

/// All who have not left.
fn participants_of<'a>(root: Node<'a, '_>, own: &[String]) -> Vec<Participant<'a>> {
    let has_left = |link: &Node<'_, '_>| text_of(*link, "disassociate-time").is_some();
    let links = |name: &'static str, participant: &'a str| {
        children(root, name).filter(move |link| {
            ["participant_id", "participant", "id"]
                .into_iter()
                .any(|attribute| link.attribute(attribute) == Some(participant))
        })
    };
    let mut participants: Vec<Participant<'a>> = Vec::new();
    for node in children(root, "participant") {
        let Some(id) = id_of(node, "participant_id") else { continue };
        if links("participantsessionassoc", id).any(|link| has_left(&link)) || has_left(&node) {
            continue;
        }
        let mut sends: Vec<&str> = texts_of(node, "send").collect();
        let streams = links("participantstreamassoc", id).filter(|link| !has_left(link));
        sends.extend(streams.flat_map(|link| texts_of(link, "send")));
        let mut numbers = node
            .descendants()
            .filter_map(|below| match below.tag_name().name() {
                "nameID" => below.attribute("aor"),
                "aor" => below.text(),
                _ => None,
            })
            .map(user_part)
            .filter(|number| !number.is_empty())
            .peekable();
        let is_own = numbers.peek().is_some().then(|| numbers.any(|number| own.contains(&number)));
        let calls = node
            .descendants()
            .find(|below| below.tag_name().name() == "callingParty")
            .and_then(|below| below.text())
            .map(|text| text.trim().eq_ignore_ascii_case("true"));
        participants.push(Participant { id, is_own, calls, sends });
    }
    participants
}

fn children<'a, 'input>(
    node: Node<'a, 'input>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(move |child| child.tag_name().name() == name)
}

fn texts_of<'a>(node: Node<'a, '_>, name: &'static str) -> impl Iterator<Item = &'a str> {
    let texts = children(node, name).filter_map(|child| child.text());
    texts.map(str::trim).filter(|text| !text.is_empty())
}

fn text_of<'a>(node: Node<'a, '_>, name: &'static str) -> Option<&'a str> {
    texts_of(node, name).next()
}

/// An element's id: by its name in RFC 7865, or the drafts'.
fn id_of<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attribute(name).or_else(|| node.attribute("id"))
}

/// What stands for the person in an address: of `sip:+49-30-123;a=b@host` and `tel:+4930123` it is `4930123`.
fn user_part(address: &str) -> String {
    let address = address.trim();
    let (scheme, rest) = match address.split_once(':') {
        Some((scheme @ ("sip" | "sips" | "tel" | "SIP" | "SIPS" | "TEL"), rest)) => (scheme, rest),
        _ => ("", address),
    };
    let user = match rest.split_once('@') {
        Some((user, _)) => user,
        // A host alone is nobody's number.
        None if scheme.to_ascii_lowercase().starts_with("sip") => "",
        None => rest,
    };
    let user = user.split(';').next().unwrap_or_default();
    let is_number = user
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | '(' | ')' | ' ' | '/'));
    if is_number {
        return user.chars().filter(char::is_ascii_digit).collect();
    }
    user.to_ascii_lowercase()
}

#[cfg(test)]
mod tests;
