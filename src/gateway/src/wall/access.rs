//! Who may see the wall: whoever has its token, or whom the proxy in front has let through.
//!
//! In: requests. Out: yes or no, and a cookie for who gave the token. Keeps the cookies that are valid, for a shift: a
//! restart of the gateway ends them all.

use crate::config::WallSection;
use crate::hub::unpoisoned;
use axum::http::{HeaderMap, HeaderName, header};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A shift, and a little.
const VALID_FOR: Duration = Duration::from_hours(12);
/// Screens on which the wall is open.
const MOST_COOKIES: usize = 256;
/// The cookie's name.
const COOKIE: &str = "undertone_wall";

/// Who may.
pub struct Access {
    section: WallSection,
    proxy_header: Option<HeaderName>,
    is_secure: bool,
    cookies: Mutex<HashMap<String, Instant>>,
}

impl Access {
    /// As the settings have it; `is_secure` where browsers come over TLS.
    ///
    /// # Errors
    /// A sentence: a header's name that is none.
    pub fn new(section: &WallSection, is_secure: bool) -> Result<Self, String> {
        let header = section.proxy_header.as_deref().map(|name| {
            name.parse().map_err(|_| format!("wall.proxy_header is no header's name: {name}"))
        });
        Ok(Access {
            section: section.clone(),
            proxy_header: header.transpose()?,
            is_secure,
            cookies: Mutex::default(),
        })
    }

    /// Whether a request comes from somebody who may see the wall.
    #[must_use]
    pub fn allows(&self, headers: &HeaderMap, now: Instant) -> bool {
        let is_let_through = self
            .proxy_header
            .as_ref()
            .and_then(|name| headers.get(name))
            .is_some_and(|value| !value.is_empty());
        is_let_through || self.has_cookie(headers, now)
    }

    fn has_cookie(&self, headers: &HeaderMap, now: Instant) -> bool {
        let mut cookies = unpoisoned(&self.cookies);
        cookies.retain(|_, since| now.duration_since(*since) < VALID_FOR);
        let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        sent.flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .any(|(name, value)| name == COOKIE && cookies.contains_key(value))
    }

    /// The cookie's header for who gives the token; none for a wrong one.
    #[must_use]
    pub fn log_in(&self, token: &str, now: Instant) -> Option<String> {
        let is_right =
            self.section.token.as_ref().is_some_and(|own| own.is(token.trim().as_bytes()));
        if !is_right {
            return None;
        }
        let value = format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>());
        let mut cookies = unpoisoned(&self.cookies);
        while cookies.len() >= MOST_COOKIES {
            let oldest = cookies.iter().min_by_key(|(_, since)| **since);
            let Some(oldest) = oldest.map(|(value, _)| value.clone()) else { break };
            cookies.remove(&oldest);
        }
        cookies.insert(value.clone(), now);
        let secure = if self.is_secure { "; Secure" } else { "" };
        let seconds = VALID_FOR.as_secs();
        Some(format!(
            "{COOKIE}={value}; Path=/wall; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
        ))
    }
}

/// Whether a request that changes something was made by a page of our own: another site's page may not.
#[must_use]
pub fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("sec-fetch-site").is_some_and(|site| site != "same-origin") {
        return false;
    }
    match (text("origin"), text("host")) {
        (None, _) => true,
        (Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host))
        }
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Secret, WallOf};

    const TOKEN: &str = "a-token-of-the-wall-0123";

    fn access(proxy_header: Option<&str>) -> Access {
        let token = Secret::of(TOKEN);
        let proxy_header = proxy_header.map(str::to_owned);
        let section =
            WallSection { token: Some(token), token_file: None, proxy_header, of: WallOf::Gateway };
        Access::new(&section, true).unwrap()
    }

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let one = |(name, value): &(&str, &str)| {
            (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())
        };
        pairs.iter().map(one).collect()
    }

    #[test]
    fn who_has_the_token_gets_a_cookie_for_a_shift() {
        let access = access(None);
        let now = Instant::now();
        assert_eq!(access.log_in("a-token-of-the-wall-0124", now), None);
        assert_eq!(access.log_in("", now), None);
        let cookie = access.log_in(&format!(" {TOKEN}\n"), now).unwrap();
        for word in ["; HttpOnly", "; SameSite=Strict", "; Secure", "; Path=/wall"] {
            assert!(cookie.contains(word), "{cookie}");
        }
        let sent = cookie.split(';').next().unwrap();
        let with = headers(&[("cookie", &format!("a=b; {sent}"))]);
        assert!(access.allows(&with, now));
        assert!(!access.allows(&with, now + VALID_FOR));
        assert!(!access.allows(&headers(&[("cookie", "undertone_wall=0")]), now));
        assert!(!access.allows(&headers(&[]), now));
    }

    #[test]
    fn the_oldest_of_too_many_cookies_goes() {
        let access = access(None);
        let now = Instant::now();
        let first = access.log_in(TOKEN, now).unwrap();
        for n in 1..=MOST_COOKIES as u64 {
            access.log_in(TOKEN, now + Duration::from_millis(n)).unwrap();
        }
        let sent = first.split(';').next().unwrap();
        assert!(!access.allows(&headers(&[("cookie", sent)]), now));
    }

    #[test]
    fn a_proxys_header_counts_only_where_the_settings_name_it() {
        let from_proxy = headers(&[("x-forwarded-user", "somebody")]);
        assert!(access(Some("X-Forwarded-User")).allows(&from_proxy, Instant::now()));
        assert!(!access(None).allows(&from_proxy, Instant::now()));
        let empty = headers(&[("x-forwarded-user", "")]);
        assert!(!access(Some("X-Forwarded-User")).allows(&empty, Instant::now()));
        let section = WallSection {
            token: None,
            token_file: None,
            proxy_header: Some("a b".into()),
            of: WallOf::Gateway,
        };
        assert!(Access::new(&section, false).is_err());
    }

    #[test]
    fn another_sites_page_may_change_nothing() {
        assert!(is_same_origin(&headers(&[])));
        let own = [("origin", "https://wall.example"), ("host", "wall.example")];
        assert!(is_same_origin(&headers(&own)));
        assert!(!is_same_origin(&headers(&[("origin", "https://evil.example"), own[1]])));
        assert!(!is_same_origin(&headers(&[own[0], own[1], ("sec-fetch-site", "cross-site")])));
        assert!(!is_same_origin(&headers(&[own[0]])));
        assert!(!is_same_origin(&headers(&[("origin", "null"), own[1]])));
    }
}
