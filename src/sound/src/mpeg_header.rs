//! The header of a frame of MPEG audio, layers I to III, and what the first frame of a file may say of all of them.
//!
//! In: bytes. Out: a [`FrameHeader`], an [`InfoTag`]. Keeps nothing. Sources: ISO/IEC 11172-3 and 13818-3, section
//! 2.4.2.3; for the information of encoders, LAME's "MP3 Info Tag revision 1".

/// Bit rates in kbit/s of MPEG-1 layers I, II, III and of MPEG-2 layers I, II and III.
const BIT_RATES: [[u32; 15]; 5] = [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/// The delay of every decoder of layer III, which encoders do not count.
const DECODER_DELAY: u64 = 528 + 1;

/// A frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameHeader {
    is_mpeg1: bool,
    /// 1 to 3.
    pub(super) layer: u8,
    pub(super) rate_hz: u32,
    pub(super) n_channels: usize,
    /// Bytes of the frame, header included.
    pub(super) len: usize,
    has_crc: bool,
}

impl FrameHeader {
    /// The header in the first four bytes, if they are one. A free bit rate is not read.
    pub(super) fn read(bytes: &[u8]) -> Option<FrameHeader> {
        let &[0xff, second, third, fourth, ..] = bytes else { return None };
        if second & 0xe0 != 0xe0 {
            return None;
        }
        let version = (second >> 3) & 3;
        let is_mpeg1 = version == 3;
        let layer = 4 - ((second >> 1) & 3);
        let rate_index = usize::from((third >> 2) & 3);
        let bit_index = usize::from(third >> 4);
        if version == 1 || layer == 4 || rate_index == 3 || bit_index == 0 || bit_index == 15 {
            return None;
        }
        let halvings = [2, 0, 1, 0][usize::from(version)];
        let rate_hz = [44_100, 48_000, 32_000][rate_index] >> halvings;
        let row = match (is_mpeg1, layer) {
            (true, layer) => usize::from(layer) - 1,
            (false, 1) => 3,
            (false, _) => 4,
        };
        let bits = BIT_RATES[row][bit_index] * 1000;
        let padding = u32::from((third >> 1) & 1);
        let len = match (layer, is_mpeg1) {
            (1, _) => (12 * bits / rate_hz + padding) * 4,
            (3, false) => 72 * bits / rate_hz + padding,
            _ => 144 * bits / rate_hz + padding,
        };
        let n_channels = if fourth >> 6 == 3 { 1 } else { 2 };
        let len = usize::try_from(len).ok().filter(|len| *len > 4)?;
        let has_crc = second & 1 == 0;
        Some(FrameHeader { is_mpeg1, layer, rate_hz, n_channels, len, has_crc })
    }

    /// Samples of each channel.
    pub(super) fn samples(&self) -> u64 {
        match (self.layer, self.is_mpeg1) {
            (1, _) => 384,
            (3, false) => 576,
            _ => 1152,
        }
    }

    /// Whether two frames may follow each other in one stream.
    pub(super) fn is_like(&self, other: &FrameHeader) -> bool {
        (self.is_mpeg1, self.layer, self.rate_hz, self.n_channels)
            == (other.is_mpeg1, other.layer, other.rate_hz, other.n_channels)
    }

    fn side_start(&self) -> usize {
        if self.has_crc { 6 } else { 4 }
    }

    fn side_len(&self) -> usize {
        match (self.is_mpeg1, self.n_channels) {
            (true, 1) | (false, 2) => 17,
            (true, _) => 32,
            (false, _) => 9,
        }
    }

    /// How many bytes of the frames before this layer III frame needs.
    pub(super) fn main_data_begin(&self, frame: &[u8]) -> usize {
        let side = self.side_start();
        match frame.get(side..side + 2) {
            Some(&[first, second]) if self.layer == 3 && self.is_mpeg1 => {
                usize::from(first) << 1 | usize::from(second >> 7)
            }
            Some(&[first, _]) if self.layer == 3 => usize::from(first),
            _ => 0,
        }
    }

    /// Bytes of this frame that frames after it may need.
    pub(super) fn main_data_len(&self) -> usize {
        self.len.saturating_sub(self.side_start() + self.side_len())
    }

    /// What the encoder says of the whole file, if this frame is for that and has no sound.
    pub(super) fn info_tag(&self, frame: &[u8]) -> Option<InfoTag> {
        if self.layer != 3 {
            return None;
        }
        let at = 4 + self.side_len();
        match frame.get(at..at + 4) {
            Some(b"Xing" | b"Info") => Some(InfoTag::xing(&frame[at + 4..])),
            _ if frame.get(36..40) == Some(b"VBRI") => {
                let n_frames = frame.get(50..54).and_then(number);
                Some(InfoTag { n_frames, delay: 0, padding: 0 })
            }
            _ => None,
        }
    }
}

/// What an encoder says of a whole file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InfoTag {
    /// Frames after this one.
    pub(super) n_frames: Option<u64>,
    /// Samples before the first that was recorded.
    pub(super) delay: u64,
    /// Samples after the last.
    pub(super) padding: u64,
}

impl InfoTag {
    fn xing(tag: &[u8]) -> InfoTag {
        let flags = tag.get(..4).and_then(number).unwrap_or(0);
        let n_frames = if flags & 1 != 0 { tag.get(4..8).and_then(number) } else { None };
        let lens = [(1, 4), (2, 4), (4, 100), (8, 4)];
        let skipped: usize =
            lens.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, len)| len).sum();
        let mut info = InfoTag { n_frames, delay: 0, padding: 0 };
        let Some(lame) = tag.get(4 + skipped..).filter(|lame| lame.len() >= 24) else {
            return info;
        };
        let is_known = [&b"LAME"[..], b"Lavf", b"Lavc"].iter().any(|name| lame.starts_with(name));
        if is_known && let Some(&[first, second, third]) = lame.get(21..24) {
            let delay = u64::from(first) << 4 | u64::from(second >> 4);
            let padding = u64::from(second & 0x0f) << 8 | u64::from(third);
            info.delay = delay + DECODER_DELAY;
            info.padding = padding.saturating_sub(DECODER_DELAY);
        }
        info
    }
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(|bytes| u64::from(u32::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_tell_rate_length_and_channels() {
        let told = |bytes: [u8; 4]| {
            let header = FrameHeader::read(&bytes)?;
            Some((header.layer, header.rate_hz, header.n_channels, header.len, header.samples()))
        };
        assert_eq!(told([0xff, 0xfb, 0x90, 0x00]), Some((3, 44_100, 2, 417, 1152)));
        assert_eq!(told([0xff, 0xf3, 0x48, 0xc4]), Some((3, 16_000, 1, 144, 576)));
        assert_eq!(told([0xff, 0xe3, 0x48, 0xc4]), Some((3, 8_000, 1, 288, 576)));
        assert_eq!(told([0xff, 0xfd, 0x94, 0xc4]), Some((2, 48_000, 1, 480, 1152)));
        for none in [[0xff, 0xff, 0xff, 0xff], [0xff, 0xf9, 0x50, 0x80], [0, 0xfb, 0x90, 0]] {
            assert_eq!(told(none), None, "{none:x?}");
        }
    }
}
