//! A secret from a file that only its owner may read.
//!
//! In: a file's path. Out: its bytes, without the line's end. It is never shown and never logged.

use std::fmt;
use std::fs;
use std::path::Path;
use subtle::ConstantTimeEq;

/// Shorter ones are guessed.
const LEAST_LEN: usize = 16;

/// Some bytes that nobody may see.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Reads a file.
    ///
    /// # Errors
    /// A sentence: it cannot be read, others may read it, or it is too short.
    pub fn read(path: &Path) -> Result<Self, String> {
        let name = path.display();
        let bytes =
            fs::read(path).map_err(|reason| format!("cannot read the secret {name}: {reason}"))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(path).map(|it| it.permissions().mode()).unwrap_or_default();
            // What systemd hands over has an access list, which shows as the group's right to read.
            let allowed = if is_credential(path) { 0o040 } else { 0 };
            if mode & 0o077 & !allowed != 0 {
                return Err(format!("others may read the secret {name}: chmod 600 {name}"));
            }
        }
        let secret = bytes.trim_ascii().to_vec();
        if secret.len() < LEAST_LEN {
            return Err(format!("the secret {name} is shorter than {LEAST_LEN} bytes"));
        }
        Ok(Secret(secret))
    }

    #[cfg(test)]
    pub(crate) fn of(text: &str) -> Self {
        Secret(text.as_bytes().to_vec())
    }

    /// The bytes, to compute with.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether these are the same bytes, in a time that does not tell how many are.
    #[must_use]
    pub fn is(&self, other: &[u8]) -> bool {
        self.0.ct_eq(other).into()
    }
}

/// Whether a file is one of those that systemd hands over (`LoadCredential=`).
fn is_credential(path: &Path) -> bool {
    std::env::var_os("CREDENTIALS_DIRECTORY").is_some_and(|folder| path.starts_with(folder))
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_that_others_may_read_or_guess_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        fs::write(&file, "0123456789abcdef\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Secret::read(&file).unwrap_err().contains("others may read"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let secret = Secret::read(&file).unwrap();
        assert!(secret.is(b"0123456789abcdef") && !secret.is(b"0123456789abcdeF"));
        assert_eq!(format!("{secret:?}"), "Secret");
        fs::write(&file, "short").unwrap();
        assert!(Secret::read(&file).unwrap_err().contains("shorter than 16"));
        assert!(Secret::read(&folder.path().join("none")).unwrap_err().contains("cannot read"));
    }
}
