//! `[wall]`: a page with all calls, for whoever leads the shift.
//!
//! In: the section. Out: the same with its secret, or what is wrong with it. Keeps nothing.

use super::{HttpSection, Secret};
use serde::Deserialize;
use std::path::PathBuf;

/// Whose calls a wall shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WallOf {
    /// Those of this gateway.
    #[default]
    Gateway,
    /// Those of all desks and gateways at the broker.
    Fleet,
}

/// `[wall]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WallSection {
    /// A file with the token that people type to see the wall.
    pub token_file: Option<PathBuf>,
    /// The header in which a proxy in front tells whom it has let through.
    pub proxy_header: Option<String>,
    /// Whose calls it shows.
    #[serde(default)]
    pub of: WallOf,
    /// What the file holds.
    #[serde(skip)]
    pub token: Option<Secret>,
}

impl WallSection {
    pub(super) fn check(&self, http: &HttpSection, has_fleet: bool, wrong: &mut Vec<String>) {
        if self.of == WallOf::Fleet && !has_fleet {
            wrong.push("wall.of = \"fleet\" needs a section [fleet] with the broker".into());
        }
        if self.token_file.is_none() && self.proxy_header.is_none() {
            wrong.push("[wall] needs a token_file, or a proxy_header".into());
        }
        if self.proxy_header.is_some() && !http.behind_proxy {
            wrong.push(
                "wall.proxy_header needs http.behind_proxy = true: without a proxy, anybody can send it"
                    .into(),
            );
        }
    }

    pub(super) fn in_words(&self, http: &HttpSection) -> String {
        let who = match (&self.token_file, &self.proxy_header) {
            (Some(_), Some(_)) => "with the token, or let through by the proxy",
            (None, Some(_)) => "let through by the proxy",
            _ => "with the token",
        };
        format!("wall: http {} /wall, for whoever comes {who}", http.listen)
    }
}
