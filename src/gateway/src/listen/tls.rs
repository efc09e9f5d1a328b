//! Certificates, which can be changed while calls go on.
//!
//! In: PEM files. Out: what accepts TLS connections. Keeps the newest certificate that could be read.

use crate::config::HttpSection;
use crate::hub::unpoisoned;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio_rustls::TlsAcceptor;

/// The certificate in force.
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    config: Mutex<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads the files that the settings name; none where they name none.
    ///
    /// # Errors
    /// A sentence: a file that cannot be read, or does not hold what it should.
    pub fn read(http: &HttpSection) -> Result<Option<Self>, String> {
        let (Some(certificate), Some(key)) = (&http.certificate, &http.key) else {
            return Ok(None);
        };
        let (certificate, key) = (certificate.clone(), key.clone());
        let config = Mutex::new(read(&certificate, &key)?);
        Ok(Some(Tls { certificate, key, config }))
    }

    /// Reads them again, for connections to come.
    ///
    /// # Errors
    /// As [`Tls::read`]: the certificate before stays in force.
    pub fn renew(&self) -> Result<(), String> {
        let config = read(&self.certificate, &self.key)?;
        *unpoisoned(&self.config) = config;
        Ok(())
    }

    /// What accepts the next connection.
    #[must_use]
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&unpoisoned(&self.config)))
    }
}

fn read(certificate: &PathBuf, key: &PathBuf) -> Result<Arc<ServerConfig>, String> {
    let told = |path: &PathBuf, reason: &dyn std::fmt::Display| {
        format!("cannot use {}: {reason}", path.display())
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|reason| told(certificate, &reason))?;
    if chain.is_empty() {
        return Err(told(certificate, &"it holds no certificate"));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|reason| told(key, &reason))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|reason| told(certificate, &reason))?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map(Arc::new)
        .map_err(|reason| told(certificate, &reason))
}
