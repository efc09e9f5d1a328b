//! Random changes of a file.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Bytes that often stand at the edge of what a field may hold.
const EDGES: [u8; 8] = [0, 1, 0x7f, 0x80, 0xff, 0xfe, b'{', b'"'];

/// Longer inputs only take longer.
const MAX_LEN: usize = 200_000;

/// A copy with one to a dozen changes, some of which take from another file.
pub fn changed(content: &[u8], other: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = content.to_vec();
    // Most of what matters stands at the beginning.
    let n_changes = rng.random_range(1..=12);
    for _ in 0..n_changes {
        if bytes.is_empty() {
            return bytes;
        }
        let reach = if rng.random_bool(0.5) { bytes.len().min(512) } else { bytes.len() };
        let at = rng.random_range(0..reach);
        let len = rng.random_range(1..=64_usize).min(bytes.len() - at);
        match rng.random_range(0..9) {
            0 => bytes[at] ^= 1 << rng.random_range(0..8),
            1 => bytes[at] = EDGES[rng.random_range(0..EDGES.len())],
            2 => bytes[at..at + len].fill(EDGES[rng.random_range(0..EDGES.len())]),
            3 => rng.fill(&mut bytes[at..at + len]),
            4 => bytes.truncate(at),
            5 => drop(bytes.drain(at..at + len)),
            6 => {
                let copy = bytes[at..at + len].to_vec();
                let to = rng.random_range(0..=bytes.len());
                bytes.splice(to..to, copy);
            }
            7 => {
                let from = rng.random_range(0..=other.len());
                bytes.splice(at.., other[from..].iter().copied());
            }
            _ => bytes.extend_from_slice(content),
        }
        bytes.truncate(MAX_LEN);
    }
    bytes
}
