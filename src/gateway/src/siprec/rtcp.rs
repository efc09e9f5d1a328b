//! RTCP: what tells a sender of RTP that it is heard (RFC 3550, sections 6.4.2 and 6.5).
//!
//! In: what a stream has to report. Out: a packet, due each 5 s, that some exchanges need to go on. Keeps nothing,
//! and reads no RTCP.

use crate::siprec::sequence::Loss;

/// How one source is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// The source.
    pub ssrc: u32,
    /// What was lost.
    pub loss: Loss,
    /// How uneven packets come, in samples.
    pub jitter: u32,
}

const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const CNAME: u8 = 1;

/// A receiver report with the description that RFC 3550 wants beside it. `own_ssrc` is a number of our own for the
/// stream, `cname` our name: the same in all reports and no person's, of which at most 255 bytes are sent. Without a
/// `report` it says only that somebody is there.
#[must_use]
pub fn receiver_report(own_ssrc: u32, cname: &str, report: Option<Report>) -> Vec<u8> {
    let mut block = own_ssrc.to_be_bytes().to_vec();
    if let Some(Report { ssrc, loss, jitter }) = report {
        block.extend(ssrc.to_be_bytes());
        let [_, lost @ ..] = loss.lost.to_be_bytes();
        block.push(loss.fraction);
        block.extend(lost);
        block.extend(loss.highest.to_be_bytes());
        block.extend(jitter.to_be_bytes());
        // When the last sender report came, and how long ago: none is read.
        block.extend([0; 8]);
    }
    let mut packet = part(u8::from(report.is_some()), RECEIVER_REPORT, &block);

    let cname = &cname.as_bytes()[..cname.len().min(255)];
    let mut chunk = own_ssrc.to_be_bytes().to_vec();
    chunk.extend([CNAME, u8::try_from(cname.len()).unwrap_or(u8::MAX)]);
    chunk.extend(cname);
    chunk.push(0);
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    packet.extend(part(1, SOURCE_DESCRIPTION, &chunk));
    packet
}

/// One packet of a compound: `body` is whole words, and far below 64 KiB.
fn part(n_reports: u8, kind: u8, body: &[u8]) -> Vec<u8> {
    let n_words = u16::try_from(body.len() / 4).unwrap_or(u16::MAX);
    let [high, low] = n_words.to_be_bytes();
    [&[0x80 | n_reports, kind, high, low], body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_the_bytes_of_rfc_3550() {
        let loss = Loss { fraction: 64, lost: 0x01_02_03, highest: 0x0001_0005 };
        let report = Report { ssrc: 0xaabb_ccdd, loss, jitter: 7 };
        let packet = receiver_report(0x1122_3344, "ab", Some(report));
        let expected = [
            [0x81, 201, 0, 7, 0x11, 0x22, 0x33, 0x44, 0xaa, 0xbb, 0xcc, 0xdd].as_slice(),
            &[64, 1, 2, 3, 0, 1, 0, 5, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0x81, 202, 0, 3, 0x11, 0x22, 0x33, 0x44, 1, 2, b'a', b'b', 0, 0, 0, 0],
        ]
        .concat();
        assert_eq!(packet, expected);
    }

    #[test]
    fn without_packets_it_is_an_empty_report() {
        let packet = receiver_report(1, &"x".repeat(300), None);
        assert_eq!(packet[..8], [0x80, 201, 0, 1, 0, 0, 0, 1]);
        assert_eq!(packet[8..12], [0x81, 202, 0, 66]);
        assert_eq!(packet.len(), 8 + 4 + 66 * 4);
    }
}
