//! Random changes of a sequence of messages.
//!
//! In: valid sequences. Out: one of them, changed: messages in another order, left out, doubled, and from another sequence;
//! within a message bits, numbers, lines, and values that go very deep.

use crate::change::changed;
use crate::input::{Input, Kind, Message};
use crate::target::Target;
use rand::Rng;
use rand::seq::{IndexedMutRandom, IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use std::ops::Range;

/// Longer messages only take longer.
const MAX_LEN: usize = 100_000;
/// More messages, too.
const MAX_MESSAGES: usize = 200;
/// And smaller pieces.
const MAX_PIECES: usize = 2_000;

/// Numbers at which something ends.
const NUMBERS: [&str; 20] = [
    "0",
    "-0",
    "1",
    "-1",
    "2",
    "127",
    "255",
    "7999",
    "65535",
    "65536",
    "86399",
    "2147483648",
    "4294967295",
    "4294967296",
    "1152921504606846976",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "0.00000000000000000000000000000000000000000001",
];

/// Waits at which something ends, in milliseconds: the last one is 6 hours.
const WAITS_MS: [u64; 12] =
    [0, 1, 99, 200, 201, 1_001, 5_000, 10_001, 32_000, 60_001, 600_000, 21_600_000];

/// What opens a level, and what closes it.
const LEVELS: [(&str, &str); 9] = [
    ("[", "]"),
    ("{\"a\":", "}"),
    ("<a>", "</a>"),
    ("<a b=\"", "\"/>"),
    ("a.", ""),
    ("{a=", "}"),
    ("\\", ""),
    (";a=\"", "\""),
    ("\r\n ", ""),
];

/// Other texts that a value may be.
const VALUES: [&str; 12] = [
    "",
    "null",
    "{}",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\u{feff}\u{1f600}",
    "\r\n\r\n",
    "%00",
    "&amp;&b;",
    "PT86399.999999999S",
    "[::ffff:1.2.3.4%a]",
    "true",
];

/// One of the valid sequences with changes; nearly a quarter has none but in how its bytes are split.
pub fn damaged(target: Target, seeds: &[Input], rng: &mut ChaCha8Rng) -> Input {
    let mut input = one_of(seeds, rng).clone();
    if rng.random_bool(0.05) {
        input.setting = rng.random_range(0..1_000);
    }
    let (is_shuffled, is_changed) = (rng.random_bool(0.5), rng.random_bool(0.5));
    if is_shuffled {
        for _ in 0..rng.random_range(1..=6) {
            reorder(&mut input.messages, one_of(seeds, rng), rng);
        }
    }
    if is_changed {
        let share = *[0.05, 0.3, 1.0].choose(rng).unwrap();
        let chosen = rng.random_range(0..input.messages.len().max(1));
        for (index, message) in input.messages.iter_mut().enumerate() {
            if index == chosen || rng.random_bool(share) {
                let other = one_of(&one_of(seeds, rng).messages, rng);
                change(&mut message.bytes, &other.bytes, rng);
            }
        }
    }
    if target.is_stream() && rng.random_bool(0.7) {
        split_anew(&mut input.messages, rng);
    }
    if rng.random_bool(0.6) {
        target.repair(&mut input.messages);
    }
    input
}

fn one_of<'a, T>(all: &'a [T], rng: &mut ChaCha8Rng) -> &'a T {
    all.choose(rng).unwrap()
}

/// One change of which messages come, and when.
fn reorder(messages: &mut Vec<Message>, other: &Input, rng: &mut ChaCha8Rng) {
    let n = messages.len();
    let at = rng.random_range(0..n.max(1));
    match rng.random_range(0..9) {
        0 if n > 1 => messages.swap(at, rng.random_range(0..n)),
        1 if n > 1 => drop(messages.remove(at)),
        2 if n > 0 => messages.insert(at, messages[rng.random_range(0..n)].clone()),
        3 => {
            let from = rng.random_range(0..other.messages.len());
            let to = rng.random_range(from..other.messages.len()) + 1;
            messages.splice(at..at, other.messages[from..to].iter().cloned());
        }
        4 => messages.insert(at, Message::event().after(one_of_waits(rng))),
        5 if rng.random_bool(0.2) => messages.shuffle(rng),
        6 => messages.iter_mut().for_each(|message| message.wait_ms = 0),
        7 => messages.rotate_left(at),
        _ => {
            if let Some(message) = messages.get_mut(at) {
                message.wait_ms = one_of_waits(rng);
            }
        }
    }
    messages.truncate(MAX_MESSAGES);
}

fn one_of_waits(rng: &mut ChaCha8Rng) -> u64 {
    *one_of(&WAITS_MS, rng)
}

/// One to four changes of what is in a message.
fn change(bytes: &mut Vec<u8>, other: &[u8], rng: &mut ChaCha8Rng) {
    for _ in 0..rng.random_range(1..=4) {
        match rng.random_range(0..8) {
            0 => *bytes = changed(bytes, other, rng),
            1 => change_number(bytes, rng),
            2 => change_line(bytes, other, rng),
            3 => change_bit(bytes, rng),
            _ => change_value(bytes, other, rng),
        }
        bytes.truncate(MAX_LEN);
    }
}

fn change_bit(bytes: &mut [u8], rng: &mut ChaCha8Rng) {
    if let Some(byte) = bytes.choose_mut(rng) {
        *byte ^= 1 << rng.random_range(0..8);
    }
}

/// A number of 1 to 4 bytes, such as a length or a count, becomes one at an edge.
fn change_number(bytes: &mut [u8], rng: &mut ChaCha8Rng) {
    if bytes.is_empty() {
        return;
    }
    let reach = if rng.random_bool(0.7) { bytes.len().min(16) } else { bytes.len() };
    let at = rng.random_range(0..reach);
    let len = rng.random_range(1..=4).min(bytes.len() - at);
    let edges = [0_u32, 1, 2, 0x7fff_ffff, 0x8000_0000, u32::MAX - 1, u32::MAX, 160, 3_000];
    let number = one_of(&edges, rng).to_be_bytes();
    bytes[at..at + len].copy_from_slice(&number[4 - len..]);
}

/// A line is left out, doubled, moved, or replaced by another's.
fn change_line(bytes: &mut Vec<u8>, other: &[u8], rng: &mut ChaCha8Rng) {
    let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let others: Vec<&[u8]> = other.split_inclusive(|byte| *byte == b'\n').collect();
    if lines.is_empty() || others.is_empty() {
        return;
    }
    let at = rng.random_range(0..lines.len());
    match rng.random_range(0..5) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(at, lines[at]),
        2 => lines.swap(at, 0),
        3 => lines[at] = others[rng.random_range(0..others.len())],
        _ => {
            let n = rng.random_range(1..=300);
            lines.splice(at..at, std::iter::repeat_n(lines[at], n));
        }
    }
    *bytes = lines.concat();
}

/// A number or a quoted text becomes something else: another one, one at an edge, a long or a deep one.
fn change_value(bytes: &mut Vec<u8>, other: &[u8], rng: &mut ChaCha8Rng) {
    let Some(value) = values_of(bytes).choose(rng).cloned() else { return };
    let new = match rng.random_range(0..7) {
        0..3 => one_of(&NUMBERS, rng).as_bytes().to_vec(),
        3 => one_of(&VALUES, rng).as_bytes().to_vec(),
        4 => {
            let (open, close) = *one_of(&LEVELS, rng);
            let n = *one_of(&[2, 60, 130, 4_000, 20_000], rng);
            let n_closed = if rng.random_bool(0.7) { n } else { 0 };
            format!("{}1{}", open.repeat(n), close.repeat(n_closed)).into_bytes()
        }
        5 => {
            let n = *one_of(&[65, 129, 201, 513, 2_049, 65_536], rng);
            vec![*one_of(b"a1 +\x00\xc3", rng); n]
        }
        _ => match values_of(other).choose(rng) {
            Some(range) => other[range.clone()].to_vec(),
            None => Vec::new(),
        },
    };
    bytes.splice(value, new);
}

/// Where numbers stand, and texts in quotation marks.
fn values_of(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut values = Vec::new();
    let (mut digits, mut quote) = (None, None);
    for (index, byte) in bytes.iter().chain([&b' ']).enumerate() {
        match (byte.is_ascii_digit(), digits) {
            (true, None) => digits = Some(index),
            (false, Some(begin)) => {
                values.push(begin..index);
                digits = None;
            }
            _ => {}
        }
        if matches!(byte, b'"' | b'\'') {
            if let Some(begin) = quote {
                values.push(begin..index + 1);
            }
            quote = Some(index);
        }
    }
    values
}

/// All bytes, but not the texts, in pieces of other lengths.
fn split_anew(messages: &mut Vec<Message>, rng: &mut ChaCha8Rng) {
    // What is not whole is looked at again with each piece, so that many small ones only take longer.
    let n_bytes: usize = messages.iter().map(|message| message.bytes.len()).sum();
    let longest = (*one_of(&[2, 7, 300, 5_000, 70_000], rng)).max(n_bytes / MAX_PIECES);
    let mut split: Vec<Message> = Vec::new();
    for runs in messages.chunk_by(|one, next| one.kind == next.kind) {
        let [Message { kind: Kind::Binary, .. }, ..] = runs else {
            split.extend_from_slice(runs);
            continue;
        };
        let bytes: Vec<u8> =
            runs.iter().flat_map(|message| message.bytes.iter().copied()).collect();
        let mut waits = runs.iter().map(|message| message.wait_ms);
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rng.random_range(1..=longest).min(rest.len()));
            split.push(Message::binary(now).after(waits.next().unwrap_or(0)));
            rest = later;
        }
        let left: u64 = waits.sum();
        if let Some(last) = split.last_mut() {
            last.wait_ms += left;
        }
    }
    *messages = split;
}
