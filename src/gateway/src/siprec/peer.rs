//! What is known of a dialog's peer, for a request of our own in it (RFC 3261, section 12).
//!
//! In: the peer's requests. Out: a BYE, and our Contact. Keeps the peer's addresses, which may be a person's number:
//! they are sent back to the peer alone.

use crate::siprec::response::{push, tagged};
use crate::siprec::sip::{Request, Via};
use std::net::SocketAddr;

/// What a BYE of our own needs.
pub(super) struct Peer {
    target: String,
    routes: Vec<String>,
    local: String,
    remote: String,
    /// Where the newest request came from.
    pub address: SocketAddr,
    transport: &'static str,
}

impl Peer {
    /// The peer whose first request this is, in a dialog with that tag of ours.
    pub fn new(request: &Request<'_>, from: SocketAddr, own_tag: &str) -> Self {
        let headers = &request.headers;
        let via = headers.one("via").and_then(Via::parse);
        let transport = via.map_or("UDP", |via| via.transport);
        let known = ["TCP", "TLS"].into_iter().find(|known| known.eq_ignore_ascii_case(transport));
        let mut peer = Peer {
            target: String::new(),
            routes: headers.all("record-route").map(str::to_owned).collect(),
            local: tagged(request, own_tag),
            remote: headers.one("from").unwrap_or_default().to_owned(),
            address: from,
            transport: known.unwrap_or("UDP"),
        };
        peer.refresh(request, from);
        peer
    }

    /// A later request tells where the peer is now.
    pub fn refresh(&mut self, request: &Request<'_>, from: SocketAddr) {
        self.address = from;
        let from_address = request.headers.address("from").filter(|_| self.target.is_empty());
        if let Some(target) = request.headers.address("contact").or(from_address) {
            target.clone_into(&mut self.target);
        }
    }

    /// Where the peer is to send its requests.
    pub fn own_contact(&self, own: SocketAddr) -> String {
        match self.transport {
            "TCP" => format!("<sip:{own};transport=tcp>;+sip.srs"),
            "TLS" => format!("<sip:{own};transport=tls>;+sip.srs"),
            _ => format!("<sip:{own}>;+sip.srs"),
        }
    }

    /// A request that ends the dialog.
    pub fn bye(&self, call_id: &str, branch: &str, own: SocketAddr) -> Vec<u8> {
        let mut text = format!("BYE {} SIP/2.0\r\n", self.target);
        let transport = self.transport;
        push(&mut text, "Via", &format!("SIP/2.0/{transport} {own};branch=z9hG4bK{branch};rport"));
        self.routes.iter().for_each(|route| push(&mut text, "Route", route));
        push(&mut text, "From", &self.local);
        push(&mut text, "To", &self.remote);
        push(&mut text, "Call-ID", call_id);
        push(&mut text, "CSeq", "1 BYE");
        push(&mut text, "Max-Forwards", "70");
        push(&mut text, "Content-Length", "0");
        text.push_str("\r\n");
        text.into_bytes()
    }
}
