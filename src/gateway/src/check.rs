//! `undertone-gateway check`: what would be listened to, and what is missing for that.
//!
//! In: the settings' file. Out: lines, and whether the gateway would start. It listens nowhere and changes nothing.

use crate::config::Config;
use crate::listen::proof::Proof;
use crate::listen::tls::Tls;
use crate::server;
use crate::wall::access::Access;
use std::net::TcpListener;
use std::path::Path;

/// The lines, and whether all is well.
#[must_use]
pub fn lines(file: &Path) -> (Vec<String>, bool) {
    let config = match Config::read(file) {
        Ok(config) => config,
        Err(error) => {
            let told = error.to_string();
            return (told.lines().map(|line| format!("missing  {line}")).collect(), false);
        }
    };
    let mut missing = Vec::new();
    if let Err(error) = server::load(&config) {
        missing.push(format!("the model: {error:#}"));
    }
    missing.extend(Tls::read(&config.http).err());
    let public_url = config.http.public_url.as_deref();
    missing.extend(config.stream.iter().filter_map(|stream| Proof::new(stream, public_url).err()));
    missing.extend(config.wall.iter().filter_map(|wall| Access::new(wall, false).err()));
    let addresses = std::iter::once(config.http.listen)
        .chain(config.audiosocket.iter().map(|section| section.listen))
        .chain(config.siprec.iter().map(|section| section.listen));
    for address in addresses {
        if let Err(reason) = TcpListener::bind(address) {
            missing.push(format!("cannot listen on {address}: {reason}"));
        }
    }
    let mut lines: Vec<String> =
        config.in_words().into_iter().map(|line| format!("listens  {line}")).collect();
    lines.extend(missing.iter().map(|text| format!("missing  {text}")));
    (lines, missing.is_empty())
}
