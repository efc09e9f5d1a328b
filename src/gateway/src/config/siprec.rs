//! `[siprec]`: where session border controllers send copies of calls.
//!
//! In: a table of the settings. Out: the same, and what is wrong with it.

use super::allow::Allow;
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};

/// `[siprec]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiprecSection {
    /// Where SIP is listened for, over UDP and TCP.
    pub listen: SocketAddr,
    /// The address that RTP is sent to, as others reach it; without it the one of `listen`.
    pub media: Option<IpAddr>,
    /// The first and the last port for RTP and RTCP: four a call.
    pub ports: [u16; 2],
    /// The numbers or user names that are called here. Who has another one is the caller; without any, nobody knows.
    #[serde(default)]
    pub own_numbers: Vec<String>,
    /// Who may send: addresses or networks.
    #[serde(default)]
    pub allow: Allow,
}

impl SiprecSection {
    /// The address for RTP.
    #[must_use]
    pub fn media(&self) -> IpAddr {
        self.media.unwrap_or(self.listen.ip())
    }

    /// Ports for RTP; the one after each is for RTCP.
    #[must_use]
    pub fn even_ports(&self) -> Vec<u16> {
        let [first, last] = self.ports;
        (first..last).filter(|port| port % 2 == 0).collect()
    }

    /// Where others reach us by SIP.
    #[must_use]
    pub fn contact(&self) -> SocketAddr {
        SocketAddr::new(
            if self.listen.ip().is_unspecified() { self.media() } else { self.listen.ip() },
            self.listen.port(),
        )
    }

    pub(super) fn check(&self, wrong: &mut Vec<String>) {
        if self.media().is_unspecified() {
            wrong.push(
                "siprec: others cannot send RTP to an address of zeros; give siprec.media".into(),
            );
        }
        if self.ports[0] < 1_024 || self.even_ports().len() < 2 {
            wrong.push(
                "siprec.ports must be a first and a last port from 1024 on, with room for four"
                    .into(),
            );
        }
        if !self.listen.ip().is_loopback() && self.allow.is_empty() {
            wrong.push(format!(
                "siprec {}: say who may send, such as allow = [\"192.0.2.7\"]",
                self.listen
            ));
        }
    }

    pub(super) fn in_words(&self) -> String {
        let [first, last] = self.ports;
        let from = &self.allow;
        let media = self.media();
        let unknown = if self.own_numbers.is_empty() {
            "; side unknown unless the metadata tells (give own_numbers)"
        } else {
            ""
        };
        format!(
            "siprec {} (UDP and TCP), RTP on {media} {first} to {last}: from {from}{unknown}",
            self.listen
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_come_in_pairs_and_who_sends_is_named() {
        let section = |text: &str| toml::from_str::<SiprecSection>(text).unwrap();
        let wrong = |section: &SiprecSection| {
            let mut wrong = Vec::new();
            section.check(&mut wrong);
            wrong.join("; ")
        };
        let good = section("listen = \"127.0.0.1:5060\"\nports = [20001, 20007]\n");
        assert_eq!(good.even_ports(), [20_002, 20_004, 20_006]);
        assert_eq!(wrong(&good), "");
        let anywhere =
            section("listen = \"0.0.0.0:5060\"\nmedia = \"192.0.2.1\"\nports = [20000, 20010]\n");
        assert_eq!(anywhere.contact(), "192.0.2.1:5060".parse().unwrap());
        let open = section("listen = \"0.0.0.0:5060\"\nports = [20000, 20001]\n");
        let told = wrong(&open);
        assert!(told.contains("siprec.media") && told.contains("allow"), "{told}");
        assert!(told.contains("siprec.ports"), "{told}");
    }
}
