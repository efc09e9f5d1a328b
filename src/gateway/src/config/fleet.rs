//! `[fleet]`: the broker that joins many desks and gateways.
//!
//! In: the section, of a gateway's file or of a desk's. Out: a [`Broker`], or what is wrong. Keeps nothing.

use super::{ConfigError, Secret, SessionSection};
use ::fleet::{Broker, Login, subject};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

/// Where a broker is that nothing is said about.
pub const USUAL_BROKER: &str = "nats://127.0.0.1:4222";

/// `[fleet]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FleetSection {
    /// The broker's addresses.
    pub servers: Vec<String>,
    /// What this desk or gateway is called.
    pub node: Option<String>,
    /// The user's name at the broker.
    pub user: Option<String>,
    /// A file with the password.
    pub password_file: Option<PathBuf>,
    /// A file with the seed of an nkey.
    pub nkey_file: Option<PathBuf>,
    /// A file with JWT and seed, as `nsc` writes it.
    pub credentials_file: Option<PathBuf>,
    /// Certificates of those who may vouch for the broker.
    pub ca: Option<PathBuf>,
    /// A certificate of our own, and its key.
    pub certificate: Option<PathBuf>,
    /// The certificate's key.
    pub key: Option<PathBuf>,
}

impl Default for FleetSection {
    fn default() -> Self {
        FleetSection {
            servers: vec![USUAL_BROKER.to_owned()],
            node: None,
            user: None,
            password_file: None,
            nkey_file: None,
            credentials_file: None,
            ca: None,
            certificate: None,
            key: None,
        }
    }
}

/// What of a file is about the broker: a gateway's own, or one of a desk, a wall or a worker.
#[derive(Clone, Debug, Deserialize)]
pub struct FleetFile {
    /// The broker.
    #[serde(default)]
    pub fleet: FleetSection,
    /// Where calls are logged.
    pub session: Option<SessionSection>,
}

impl FleetFile {
    /// Reads a file. Other sections may be there.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|reason| ConfigError::Read { path: path.to_owned(), reason })?;
        let mut file: FleetFile = super::parse(&text, path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for named in
            file.fleet.files().chain(file.session.iter_mut().map(|session| &mut session.dir))
        {
            *named = folder.join(&*named);
        }
        Ok(file)
    }
}

impl FleetSection {
    /// The files that it names.
    pub(super) fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let files = [
            &mut self.password_file,
            &mut self.nkey_file,
            &mut self.credentials_file,
            &mut self.ca,
            &mut self.certificate,
            &mut self.key,
        ];
        files.into_iter().filter_map(Option::as_mut)
    }

    /// The broker, with the secrets read.
    ///
    /// # Errors
    /// A sentence: what is wrong.
    pub fn broker(&self) -> Result<Broker, String> {
        if self.servers.is_empty() {
            return Err("fleet.servers names no broker".into());
        }
        let certificate = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => Some((certificate.clone(), key.clone())),
            (None, None) => None,
            _ => return Err("fleet.certificate and fleet.key belong together".into()),
        };
        for file in self.ca.iter().chain(certificate.iter().flat_map(|(one, other)| [one, other])) {
            fs::metadata(file)
                .map_err(|reason| format!("cannot read {}: {reason}", file.display()))?;
        }
        let inbox =
            self.user.clone().or_else(|| self.node.clone()).filter(|it| subject::is_name(it));
        Ok(Broker {
            inbox,
            servers: self.servers.clone(),
            login: self.login()?,
            ca: self.ca.clone(),
            certificate,
        })
    }

    fn login(&self) -> Result<Login, String> {
        let text = |path: &Path| {
            let secret = Secret::read(path)?;
            String::from_utf8(secret.bytes().to_vec())
                .map_err(|_| format!("the secret {} is no text", path.display()))
        };
        match (&self.user, &self.password_file, &self.nkey_file, &self.credentials_file) {
            (None, None, None, None) => Ok(Login::Nobody),
            (Some(user), Some(file), None, None) => {
                Ok(Login::Password { user: user.clone(), password: text(file)? })
            }
            (None, None, Some(file), None) => text(file).map(Login::Nkey),
            (None, None, None, Some(file)) => text(file).map(Login::Credentials),
            _ => Err("[fleet] needs user and password_file, or nkey_file, or credentials_file: one of them".into()),
        }
    }

    /// What this node is called.
    ///
    /// # Errors
    /// A sentence: it has no name, or one that cannot be.
    pub fn node(&self) -> Result<String, String> {
        let name = self.node.as_deref().unwrap_or_default();
        checked_name(name).map_err(|reason| format!("fleet.node: {reason}"))
    }

    pub(super) fn check(&self, hears: bool, wrong: &mut Vec<String>) {
        wrong.extend(self.broker().err());
        // Where no calls are heard there is nothing to send.
        wrong.extend(self.node().err().filter(|_| hears));
    }

    pub(super) fn in_words(&self, hears: bool) -> String {
        let servers = self.servers.join(", ");
        match &self.node {
            Some(name) if hears => format!("facts of calls go to the broker {servers} as {name}"),
            _ => format!("calls of others come from the broker {servers}"),
        }
    }
}

/// A node's name.
///
/// # Errors
/// A sentence.
pub fn checked_name(name: &str) -> Result<String, String> {
    if subject::is_name(name) {
        return Ok(name.to_owned());
    }
    Err(format!("a desk or gateway is called by up to 32 letters, digits, - and _, not {name:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_way_to_log_in_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        fs::write(&secret, "a-password-of-24-letters").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
        }
        let nobody = FleetSection::default();
        assert!(matches!(nobody.broker().unwrap().login, Login::Nobody));
        let user = FleetSection {
            user: Some("desk".into()),
            password_file: Some(secret.clone()),
            ..FleetSection::default()
        };
        assert!(matches!(user.broker().unwrap().login, Login::Password { .. }));
        let half = FleetSection { user: Some("desk".into()), ..FleetSection::default() };
        assert!(half.broker().unwrap_err().contains("password_file"));
        let two = FleetSection { nkey_file: Some(secret), ..user };
        assert!(two.broker().unwrap_err().contains("one of them"));
    }

    #[test]
    fn a_desks_file_needs_nothing_else_and_a_gateways_is_read_too() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("fleet.toml");
        fs::write(&file, "[fleet]\nnode = \"desk-1\"\nca = \"ca.pem\"\n[limits]\ncalls = 3\n")
            .unwrap();
        let read = FleetFile::read(&file).unwrap();
        assert_eq!(read.fleet.node().unwrap(), "desk-1");
        assert_eq!(read.fleet.servers, [USUAL_BROKER]);
        assert!(read.fleet.broker().unwrap_err().contains("ca.pem"));
        fs::write(&file, "[fleet]\nnodes = \"desk-1\"\n").unwrap();
        assert!(FleetFile::read(&file).unwrap_err().to_string().contains("nodes"));
        assert!(checked_name("desk 1").is_err());
    }
}
