//! What a teacher says of clips: a larger network's answers and inner view, which a small one learns to give
//! (Hinton et al., 2015).
//!
//! In: a safetensors file that `scripts/teacher` makes, and perhaps one of its frames ([`moments`]). Out: [`Taught`] by
//! clip. Keeps all of it.

pub mod moments;

use moments::Moments;
use safetensors::{Dtype, SafeTensors};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A teacher's word on one clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Taught {
    /// Unscaled scores in the order of [`Emotion::ALL`](hearing::emotion::Emotion::ALL), by a teacher that never
    /// heard the clip's speaker in its own training.
    pub logits: Vec<f32>,
    /// Its inner view of the clip; its mean square over all clips is 1.
    pub embedding: Vec<f32>,
    /// Its inner view at each moment; its mean square is 1 too.
    pub moments: Option<Moments>,
}

/// A file that is no teacher's.
#[derive(Debug, thiserror::Error)]
#[error("{path} is no teacher's word on clips: {reason}; make one with scripts/teacher")]
pub struct TeacherError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// A teacher's word on many clips.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Teacher {
    /// Who it is, in a line.
    pub description: String,
    /// Numbers of an embedding.
    pub n_embedding: usize,
    /// Numbers of its view of a moment; 0 where it has none.
    pub n_imitated: usize,
    by_path: HashMap<String, Arc<Taught>>,
}

impl Teacher {
    /// Reads a file: the tensors `logits` and `embedding` with a row a clip, and the metadata `paths`, a JSON list
    /// of the clips' files as they stand in the data's manifest.
    ///
    /// # Errors
    /// [`TeacherError`] names the file and what is wrong.
    pub fn read(path: &Path) -> Result<Self, TeacherError> {
        let failed = |reason: String| TeacherError { path: path.to_owned(), reason };
        let bytes = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
        Self::of(&bytes).map_err(failed)
    }

    fn of(bytes: &[u8]) -> Result<Self, String> {
        let (paths, facts) = list_of_paths(bytes)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let (n_logits, logits) = rows(&tensors, "logits", paths.len())?;
        let (n_embedding, embedding) = rows(&tensors, "embedding", paths.len())?;
        let words = logits.chunks_exact(n_logits).zip(embedding.chunks_exact(n_embedding));
        let by_path = paths.into_iter().zip(words).map(|(path, (logits, embedding))| {
            let (logits, embedding) = (logits.to_vec(), embedding.to_vec());
            (path, Arc::new(Taught { logits, embedding, moments: None }))
        });
        let description = facts.get("teacher").cloned().unwrap_or_default();
        Ok(Teacher { description, n_embedding, n_imitated: 0, by_path: by_path.collect() })
    }

    /// Reads what it hears at each moment of the clips that it has judged.
    ///
    /// # Errors
    /// [`TeacherError`] names the file and what is wrong; also if it has none of these clips.
    pub fn read_moments(&mut self, path: &Path) -> Result<(), TeacherError> {
        let mut all = moments::read(path)?;
        let mut n = 0;
        for (clip, taught) in &mut self.by_path {
            if let Some(moments) = all.by_path.remove(clip) {
                Arc::make_mut(taught).moments = Some(moments);
                n += 1;
            }
        }
        if n == 0 {
            let reason = "it has none of the clips that the teacher has judged".into();
            return Err(TeacherError { path: path.to_owned(), reason });
        }
        self.n_imitated = all.n_numbers;
        Ok(())
    }

    /// Clips that it has judged.
    #[must_use]
    pub fn n_clips(&self) -> usize {
        self.by_path.len()
    }

    /// Its word on a clip below one of the `folders` of data, or beside a manifest that was given.
    #[must_use]
    pub fn on(&self, clip: &Path, folders: &[PathBuf]) -> Option<Arc<Taught>> {
        let mut below = folders.iter().filter_map(|given| {
            let folder = if given.is_file() { given.parent()? } else { given };
            clip.strip_prefix(folder).ok()
        });
        below.find_map(|path| self.by_path.get(path.to_str()?)).cloned()
    }
}

/// The clips that a file is about, and all that it says of itself.
fn list_of_paths(bytes: &[u8]) -> Result<(Vec<String>, HashMap<String, String>), String> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
    let facts = header.metadata().clone().unwrap_or_default();
    let paths = facts.get("paths").ok_or("it has no list of paths")?;
    let paths = serde_json::from_str(paths).map_err(|error| format!("its paths: {error}"))?;
    Ok((paths, facts))
}

/// A tensor of `n` rows of finite numbers: the length of a row, and all numbers.
fn rows(tensors: &SafeTensors<'_>, name: &str, n: usize) -> Result<(usize, Vec<f32>), String> {
    let tensor = tensors.tensor(name).map_err(|error| format!("{name}: {error}"))?;
    let &[n_rows, width] = tensor.shape() else {
        return Err(format!("{name} is no table"));
    };
    if n_rows != n || n == 0 || width == 0 {
        return Err(format!("{name} has {n_rows} rows of {width} for {n} paths"));
    }
    let values: Vec<f32> = match tensor.dtype() {
        Dtype::F32 => tensor
            .data()
            .as_chunks::<4>()
            .0
            .iter()
            .map(|&bytes| f32::from_le_bytes(bytes))
            .collect(),
        Dtype::F16 => {
            let halves = tensor.data().as_chunks::<2>().0;
            halves.iter().map(|&bytes| from_half(u16::from_le_bytes(bytes))).collect()
        }
        other => return Err(format!("{name} is {other:?}, not F32 or F16")),
    };
    if !values.iter().all(|value| value.is_finite()) {
        return Err(format!("{name} holds a number that is none"));
    }
    Ok((width, values))
}

/// A number of half precision (IEEE 754 binary16).
fn from_half(half: u16) -> f32 {
    let sign = if half & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(half >> 10 & 0x1f), f32::from(half & 0x3ff));
    sign * match exponent {
        0 => fraction * 2_f32.powi(-24),
        31 if fraction > 0.0 => f32::NAN,
        31 => f32::INFINITY,
        _ => (1.0 + fraction / 1024.0) * 2_f32.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::tensor::TensorView;

    fn file(n: usize, paths: &str, logits: &[f32]) -> Vec<u8> {
        let logits: Vec<u8> = logits.iter().flat_map(|value| value.to_le_bytes()).collect();
        // 1.5 and -2 in half precision.
        let embedding: Vec<u8> =
            (0..n).flat_map(|_| [0x3e00_u16, 0xc000]).flat_map(u16::to_le_bytes).collect();
        let tensors = [
            ("logits", TensorView::new(Dtype::F32, vec![n, 7], &logits).unwrap()),
            ("embedding", TensorView::new(Dtype::F16, vec![n, 2], &embedding).unwrap()),
        ];
        let facts = [("paths", paths), ("teacher", "a teacher")];
        let facts = facts.map(|(key, value)| (key.to_owned(), value.to_owned()));
        safetensors::serialize(tensors, Some(facts.into())).unwrap()
    }

    #[test]
    fn a_teachers_word_is_found_by_the_clips_place_in_the_data() {
        let logits: Vec<f32> = (0..14_u8).map(f32::from).collect();
        let teacher = Teacher::of(&file(2, r#"["a/x.ogg", "b/x.ogg"]"#, &logits)).unwrap();
        assert_eq!((teacher.n_clips(), teacher.n_embedding), (2, 2));
        assert_eq!(teacher.description, "a teacher");
        let folders = [PathBuf::from("other"), PathBuf::from("../data")];
        let word = teacher.on(Path::new("../data/b/x.ogg"), &folders).unwrap();
        assert_eq!((word.logits[0], word.embedding.as_slice()), (7.0, &[1.5, -2.0][..]));
        assert_eq!(teacher.on(Path::new("../data/c/x.ogg"), &folders), None);
        assert_eq!(teacher.on(Path::new("elsewhere/b/x.ogg"), &folders), None);
    }

    #[test]
    fn what_is_no_teachers_word_is_refused_with_the_reason() {
        let one = "[\"a.ogg\"]";
        let refused = |bytes: &[u8]| Teacher::of(bytes).unwrap_err();
        assert!(refused(&file(2, one, &[0.0; 14])).contains("2 rows"));
        assert!(refused(&file(1, "a.ogg", &[0.0; 7])).contains("paths"));
        assert!(refused(&file(1, one, &[f32::NAN; 7])).contains("none"));
        assert!(!refused(&file(1, one, &[0.0; 7])[..40]).is_empty());
        let error = Teacher::read(Path::new("nowhere.safetensors")).unwrap_err().to_string();
        assert!(error.contains("nowhere.safetensors") && error.contains("scripts/teacher"));
    }

    #[test]
    fn half_precision_reads_as_it_is_defined() {
        for (half, value) in
            [(0x3c00, 1.0), (0x8000, 0.0), (0x7bff, 65_504.0), (0x0001, 2_f32.powi(-24))]
        {
            assert!((from_half(half) - value).abs() < 1e-9, "{half:x}");
        }
        assert!(from_half(0x7c00).is_infinite() && from_half(0x7e00).is_nan());
    }
}
