//! A secret of a node: what is made of a log's line with it tells the line from others, and nothing of what it says.
//!
//! In: a folder. Out: names of sessions and lines. Keeps 32 random bytes, in a file that only its owner may read. A
//! checksum of the line itself would let anybody try out what was left out of it: when somebody spoke, or a number.

use hmac::{Hmac, Mac};
use record::output_file::{IfExists, ReadableBy, save};
use sha2::Sha256;
use std::fs;
use std::io;
use std::path::Path;

/// Bytes of a key.
const LEN: usize = 32;

/// The secret.
#[derive(Clone)]
pub struct Key([u8; LEN]);

impl Key {
    /// Reads the key of this node in this folder, or makes one.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn of(folder: &Path, node: &str) -> io::Result<Self> {
        let file = folder.join(format!("{node}.key"));
        match fs::read(&file) {
            Ok(bytes) => {
                let bytes = <[u8; LEN]>::try_from(bytes.as_slice());
                bytes
                    .map(Key)
                    .map_err(|_| io::Error::other(format!("{} is no key", file.display())))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let bytes: [u8; LEN] = rand::random();
                save(&file, IfExists::Refuse, ReadableBy::Owner, &bytes)
                    .map_err(io::Error::other)?;
                Ok(Key(bytes))
            }
            Err(error) => Err(error),
        }
    }

    /// 16 hexadecimal digits of these parts: the same for the same, and otherwise by chance.
    #[must_use]
    pub fn digits(&self, parts: &[&[u8]]) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let first: [u8; 8] = mac.finalize().into_bytes()[..8].try_into().unwrap_or_default();
        format!("{:016x}", u64::from_be_bytes(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stays_the_same_and_no_two_nodes_have_one() {
        let folder = tempfile::tempdir().unwrap();
        let key = |node: &str| Key::of(folder.path(), node).unwrap();
        let digits = |key: &Key| key.digits(&[b"a", b"b"]);
        assert_eq!(digits(&key("desk-1")), digits(&key("desk-1")));
        assert_ne!(digits(&key("desk-1")), digits(&key("desk-2")));
        assert_eq!(digits(&key("desk-1")).len(), 16);
        assert_ne!(digits(&key("desk-1")), key("desk-1").digits(&[b"ab", b""]));
        fs::write(folder.path().join("desk-3.key"), "short").unwrap();
        assert!(Key::of(folder.path(), "desk-3").is_err());
    }
}
