//! Headers of recordings, made byte by byte: right ones, and such as lie.

/// The bytes of a WAV file. The lengths in its header may lie.
pub struct Wav {
    pub tag: u16,
    pub n_channels: u16,
    pub rate_hz: u32,
    pub bits: u16,
    pub format_tail: Vec<u8>,
    pub data: Vec<u8>,
    pub data_len: Option<u32>,
    pub riff_len: Option<u32>,
    /// Of a moment; that of the channels' bits where it is not said.
    pub block_len: Option<u16>,
    /// Bytes after the samples.
    pub tail: Vec<u8>,
}

impl Wav {
    pub fn new(tag: u16, n_channels: u16, rate_hz: u32, bits: u16, data: Vec<u8>) -> Self {
        Wav {
            tag,
            n_channels,
            rate_hz,
            bits,
            format_tail: Vec::new(),
            data,
            data_len: None,
            riff_len: None,
            block_len: None,
            tail: Vec::new(),
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let block = self.block_len.unwrap_or(self.n_channels * (self.bits / 8));
        let mut format = Vec::new();
        format.extend(self.tag.to_le_bytes());
        format.extend(self.n_channels.to_le_bytes());
        format.extend(self.rate_hz.to_le_bytes());
        format.extend((self.rate_hz.wrapping_mul(u32::from(block))).to_le_bytes());
        format.extend(block.to_le_bytes());
        format.extend(self.bits.to_le_bytes());
        format.extend(&self.format_tail);
        let riff_len = (20 + format.len() + self.data.len() + self.tail.len()) as u32;
        let mut bytes = b"RIFF".to_vec();
        bytes.extend(self.riff_len.unwrap_or(riff_len).to_le_bytes());
        bytes.extend(b"WAVEfmt ");
        bytes.extend((format.len() as u32).to_le_bytes());
        bytes.extend(format);
        bytes.extend(b"data");
        bytes.extend(self.data_len.unwrap_or(self.data.len() as u32).to_le_bytes());
        bytes.extend(&self.data);
        bytes.extend(&self.tail);
        bytes
    }
}

/// A chunk with its name, its length and its content, without a byte to fill it up.
pub fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let len = (content.len() as u32).to_le_bytes();
    [&name[..], &len, content].concat()
}

/// What the extensible format adds to a format chunk: so many bits of each sample count, and the coding.
pub fn extensible(valid_bits: u16, tag: u16) -> Vec<u8> {
    let mut tail = [22_u16, valid_bits].iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    tail.extend([0; 4]);
    tail.extend(tag.to_le_bytes());
    tail.extend(b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71");
    tail
}

/// 16-bit samples as they stand in a WAV file.
pub fn pcm16(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// A header of Sun's `.au`, and its samples.
pub fn au(encoding: u32, rate_hz: u32, n_channels: u32, len: u32, data: &[u8]) -> Vec<u8> {
    let fields = [24, len, encoding, rate_hz, n_channels];
    let mut bytes = b".snd".to_vec();
    bytes.extend(fields.iter().flat_map(|field| field.to_be_bytes()));
    bytes.extend(data);
    bytes
}
