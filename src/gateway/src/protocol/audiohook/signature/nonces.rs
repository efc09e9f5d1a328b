//! Nonces that were used: none is taken twice.
//!
//! In: the nonce of a signature that was found good, and the time. Out: whether it is new. Keeps a hash of each for 15
//! s, longer than any signature is good.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::SignatureError;

/// In seconds. A signature is taken from 3 s before it was made, by our clock, to 10 s after it: 13 s.
const REMEMBERED_S: u64 = 15;
/// So many sessions may be asked for in 15 s, some 270 a second: ten times as many calls as a server has.
const MAX_NONCES: usize = 4_096;

/// The nonces of the last 15 s.
#[derive(Debug, Default)]
pub(super) struct Nonces {
    /// The hash of each and when it was used.
    used: HashMap<[u8; 32], u64>,
}

impl Nonces {
    /// Takes a nonce if it is new. Only those of good signatures may be given, or strangers could fill the memory.
    pub fn take(&mut self, nonce: &str, now_unix_s: u64) -> Result<(), SignatureError> {
        // A clock that was set back has times in the future; what was signed by it then is not good now either.
        self.used.retain(|_, at| now_unix_s.abs_diff(*at) <= REMEMBERED_S);
        let hash = Sha256::digest(nonce.as_bytes()).into();
        if self.used.contains_key(&hash) {
            return Err(SignatureError::Replayed);
        }
        if self.used.len() >= MAX_NONCES {
            return Err(SignatureError::TooMany);
        }
        self.used.insert(hash, now_unix_s);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_taken_once_in_15_s() {
        let mut nonces = Nonces::default();
        assert_eq!(nonces.take("a", 100), Ok(()));
        assert_eq!(nonces.take("b", 100), Ok(()));
        assert_eq!(nonces.take("a", 100), Err(SignatureError::Replayed));
        assert_eq!(nonces.take("a", 115), Err(SignatureError::Replayed));
        assert_eq!(nonces.take("a", 116), Ok(()));
        assert_eq!(nonces.used.len(), 1);
    }

    #[test]
    fn a_clock_that_is_set_back_a_little_forgets_nothing() {
        let mut nonces = Nonces::default();
        assert_eq!(nonces.take("a", 100), Ok(()));
        assert_eq!(nonces.take("a", 88), Err(SignatureError::Replayed));
    }

    #[test]
    fn memory_is_bounded_and_full_is_refused() {
        let mut nonces = Nonces::default();
        let n_taken = (0..10_000).filter(|n| nonces.take(&n.to_string(), 100).is_ok()).count();
        assert_eq!(n_taken, MAX_NONCES);
        assert_eq!(nonces.take("new", 100), Err(SignatureError::TooMany));
        assert_eq!(nonces.take("0", 100), Err(SignatureError::Replayed));
        assert_eq!(nonces.take("new", 116), Ok(()));
    }
}
