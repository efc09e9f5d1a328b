//! Who may connect: addresses and networks.
//!
//! In: texts such as `192.0.2.7` or `2001:db8::/32`. Out: whether an address is among them.

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, de};
use std::fmt;
use std::net::IpAddr;

/// Some networks, besides this machine, which always may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allow(Vec<IpNet>);

impl Allow {
    /// Whether nobody but this machine may.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether somebody at that address may.
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_loopback() || self.0.iter().any(|net| net.contains(&address))
    }
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this machine")?;
        self.0.iter().try_for_each(|net| write!(f, ", {net}"))
    }
}

impl<'de> Deserialize<'de> for Allow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let of = |text: String| {
            let alone = text.parse::<IpAddr>().map(IpNet::from);
            alone.or_else(|_| text.parse::<IpNet>()).map_err(|_| {
                de::Error::custom(format!(
                    "'{text}' is no address and no network such as 192.0.2.0/24"
                ))
            })
        };
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts.into_iter().map(of).collect::<Result<_, _>>().map(Allow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Section {
        allow: Allow,
    }

    #[test]
    fn addresses_and_networks_are_named_alike_and_this_machine_always_may() {
        let text = "allow = [\"192.0.2.7\", \"198.51.100.0/24\", \"2001:db8::7\"]";
        let allow = toml::from_str::<Section>(text).unwrap().allow;
        let allows = |address: &str| allow.allows(address.parse().unwrap());
        assert!(allows("127.0.0.1") && allows("::1"));
        assert!(allows("192.0.2.7") && allows("::ffff:192.0.2.7") && !allows("192.0.2.8"));
        assert!(allows("198.51.100.200") && !allows("198.51.101.1"));
        assert!(allows("2001:db8::7") && !allows("2001:db8::8"));
        assert_eq!(
            allow.to_string(),
            "this machine, 192.0.2.7/32, 198.51.100.0/24, 2001:db8::7/128"
        );
        let wrong = toml::from_str::<Section>("allow = [\"desk\"]").map(|_| ()).unwrap_err();
        assert!(wrong.message().contains("'desk' is no address"), "{wrong}");
    }
}
