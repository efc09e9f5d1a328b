//! What a WAV file really holds, whatever its header says.
//!
//! Recorders that crash leave the lengths in the header at zero, those that write to a pipe put in the
//! largest number, a copy that was interrupted ends before them, and telephony recorders write G.711
//! headers that are two bytes short. symphonia refuses all of these or loses their last packet. So the
//! header is read here, its facts are checked, and symphonia is given a well-formed header followed by
//! the samples that are there.
//!
//! In: a file. Out: a [`MediaSource`]. It keeps the new header and a position.
//! Source: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0" (RIFF WAVE), and
//! "Multiple Channel Audio Data and WAVE Files" (extensible format).

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use symphonia::core::io::MediaSource;

use super::error::AudioError;

/// Lengths from here on mean "not known": sox writes this number to a pipe, ffmpeg 2^32 - 1.
const UNKNOWN_LEN: u64 = 0x7fff_f000;

/// The longest format chunk that is looked at: Microsoft's ADPCM has 50 bytes.
const MAX_FORMAT_LEN: usize = 64;

/// The format chunk of the extensible format.
const EXTENSIBLE_LEN: usize = 40;

const TAG_PCM: u16 = 0x0001;
const TAG_MS_ADPCM: u16 = 0x0002;
const TAG_FLOAT: u16 = 0x0003;
const TAG_A_LAW: u16 = 0x0006;
const TAG_MU_LAW: u16 = 0x0007;
const TAG_IMA_ADPCM: u16 = 0x0011;
const TAG_EXTENSIBLE: u16 = 0xfffe;

/// A WAV file whose header was checked, as symphonia shall see it.
pub(super) struct WavFile {
    /// The well-formed header and the samples.
    pub(super) source: Box<dyn MediaSource>,
    /// How many times more samples the header promises than are there, if it promises more.
    pub(super) promised_ratio: Option<f64>,
}

/// Reads the header of `file`; `None` if it is not a RIFF WAVE file. The file may stand anywhere.
///
/// # Errors
/// What the header says that cannot be: no channels, an absurd rate, an unknown coding, no samples.
pub(super) fn open(file: &mut File, path: &Path) -> Result<Option<WavFile>, AudioError> {
    let failed = |source| AudioError::Read { path: path.to_owned(), source };
    let file_len = file.metadata().map_err(failed)?.len();
    let mut riff = [0; 12];
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    if read_up_to(file, &mut riff).map_err(failed)? < riff.len() {
        return Ok(None);
    }
    if !riff.starts_with(b"RIFF") || !riff.ends_with(b"WAVE") {
        return Ok(None);
    }
    let chunks = Chunks::find(file).map_err(failed)?;
    let format = Format::read(&chunks.format, path)?;
    let Some((data_start, declared)) = chunks.data else {
        return Err(AudioError::NoAudio { path: path.to_owned() });
    };
    let there = file_len.saturating_sub(data_start);
    let riff_len = u64::from(u32::from_le_bytes([riff[4], riff[5], riff[6], riff[7]]));
    let is_unfinished = declared == 0 && riff_len <= data_start;
    let is_unknown = is_unfinished || declared >= UNKNOWN_LEN;
    let data_len = if is_unknown { there } else { there.min(declared) };
    if data_len == 0 {
        return Err(AudioError::NoAudio { path: path.to_owned() });
    }
    let is_cut = !is_unknown && declared > there;
    Ok(Some(WavFile {
        source: Box::new(Spliced::new(
            file.try_clone().map_err(failed)?,
            &format,
            data_start,
            data_len,
        )),
        promised_ratio: is_cut.then(|| format.ratio(declared, there)),
    }))
}

/// The two chunks that matter.
struct Chunks {
    /// The bytes of the format chunk, at most [`MAX_FORMAT_LEN`]; empty if there is none.
    format: Vec<u8>,
    /// Where the samples begin, and how many bytes of them the header promises.
    data: Option<(u64, u64)>,
}

impl Chunks {
    /// Walks over the chunks up to the samples. The length of the whole RIFF chunk is not trusted.
    fn find(file: &mut File) -> io::Result<Chunks> {
        let mut format = Vec::new();
        let mut at = 12;
        loop {
            let mut head = [0; 8];
            file.seek(SeekFrom::Start(at))?;
            if read_up_to(file, &mut head)? < head.len() {
                return Ok(Chunks { format, data: None });
            }
            let len = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
            at += 8;
            if head.starts_with(b"data") {
                return Ok(Chunks { format, data: Some((at, len)) });
            }
            if head.starts_with(b"fmt ") {
                format
                    .resize(MAX_FORMAT_LEN.min(usize::try_from(len).unwrap_or(MAX_FORMAT_LEN)), 0);
                let there = read_up_to(file, &mut format)?;
                format.truncate(there);
            }
            at += len + len % 2;
        }
    }
}

/// The format chunk, checked, in the length that its coding asks for.
struct Format {
    bytes: Vec<u8>,
}

impl Format {
    fn read(chunk: &[u8], path: &Path) -> Result<Format, AudioError> {
        let path = path.to_owned();
        if chunk.len() < 16 {
            let reason = "the format chunk of its header is missing or too short".to_owned();
            return Err(AudioError::Malformed { path, reason });
        }
        let field = |at: usize| u16::from_le_bytes([chunk[at], chunk[at + 1]]);
        let (tag, n_channels, bits) = (field(0), field(2), field(14));
        if n_channels == 0 {
            return Err(AudioError::NoChannels { path });
        }
        let coding = match tag {
            TAG_EXTENSIBLE if chunk.len() >= EXTENSIBLE_LEN => field(24),
            _ => tag,
        };
        let is_supported = match coding {
            TAG_PCM => matches!(bits, 8 | 16 | 24 | 32),
            TAG_FLOAT => matches!(bits, 32 | 64),
            TAG_A_LAW | TAG_MU_LAW | TAG_MS_ADPCM | TAG_IMA_ADPCM => true,
            _ => false,
        };
        if !is_supported {
            return Err(AudioError::UnsupportedCodec { path, codec: coding_name(coding, bits) });
        }
        let mut bytes = chunk.to_vec();
        match tag {
            TAG_PCM | TAG_FLOAT => bytes.truncate(16),
            TAG_A_LAW | TAG_MU_LAW => {
                bytes.truncate(16);
                bytes.extend([0, 0]);
            }
            TAG_EXTENSIBLE => bytes.truncate(EXTENSIBLE_LEN),
            _ => {}
        }
        Ok(Format { bytes })
    }

    /// By which factor one length in bytes holds more whole blocks than another.
    #[expect(clippy::cast_precision_loss, reason = "file lengths are below 2^53 bytes")]
    fn ratio(&self, declared: u64, there: u64) -> f64 {
        let block_len = u64::from(u16::from_le_bytes([self.bytes[12], self.bytes[13]])).max(1);
        (declared / block_len) as f64 / (there / block_len).max(1) as f64
    }
}

/// A coding for a message: its name where telephone recorders use it, and its number.
fn coding_name(tag: u16, bits: u16) -> String {
    let name = match tag {
        TAG_PCM => return format!("{bits}-bit PCM in WAV"),
        TAG_FLOAT => return format!("{bits}-bit float in WAV"),
        0x0014 | 0x0040 | 0x0045 | 0x0064 => "G.723 or G.726 ADPCM",
        0x0022 => "TrueSpeech",
        0x0065 | 0x028f => "G.722",
        0x0031 => "GSM 06.10 (WAV49)",
        0x0050 | 0x0055 => "MPEG audio",
        0x0083 | 0x0133 => "G.729",
        0x00ff => "AAC",
        0xa109 => "Speex",
        _ => "an unknown coding",
    };
    format!("{name} in WAV (format {tag:#06x})")
}

/// A new header, then a part of a file, as one stream.
struct Spliced {
    header: Vec<u8>,
    file: File,
    data_start: u64,
    len: u64,
    at: u64,
}

impl Spliced {
    fn new(file: File, format: &Format, data_start: u64, data_len: u64) -> Self {
        let mut header = Vec::with_capacity(28 + format.bytes.len());
        let format_len = u32::try_from(format.bytes.len()).unwrap_or(u32::MAX);
        header.extend(b"RIFF\xff\xff\xff\xffWAVEfmt ");
        header.extend(format_len.to_le_bytes());
        header.extend(&format.bytes);
        header.extend(b"data");
        header.extend(u32::try_from(data_len).unwrap_or(u32::MAX).to_le_bytes());
        let len = header.len() as u64 + data_len;
        Spliced { header, file, data_start, len, at: 0 }
    }
}

impl Read for Spliced {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let header_len = self.header.len() as u64;
        let left = usize::try_from(self.len.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let wanted = left.min(out.len());
        let n_read = match usize::try_from(self.at) {
            Ok(at) if at < self.header.len() => (&self.header[at..]).read(&mut out[..wanted])?,
            _ => {
                self.file.seek(SeekFrom::Start(self.data_start + self.at - header_len))?;
                self.file.read(&mut out[..wanted])?
            }
        };
        self.at += n_read as u64;
        Ok(n_read)
    }
}

impl Seek for Spliced {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

impl MediaSource for Spliced {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len)
    }
}

/// Fills `out` as far as the file goes, and says how far.
fn read_up_to(file: &mut File, out: &mut [u8]) -> io::Result<usize> {
    let mut len = 0;
    while len < out.len() {
        match file.read(&mut out[len..]) {
            Ok(0) => break,
            Ok(n_read) => len += n_read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}
