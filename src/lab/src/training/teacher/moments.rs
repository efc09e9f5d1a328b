//! What a teacher hears at each moment of a clip, which a network may imitate step by step.
//!
//! In: a safetensors file that `scripts/teacher/frames.py` makes. Out: [`Moments`] by clip. Keeps all of it, as numbers
//! of half precision.

use super::{TeacherError, from_half, list_of_paths};
use safetensors::{Dtype, SafeTensors};
use std::collections::HashMap;
use std::path::Path;

/// Places of 10 ms in a teacher's frame.
const PLACES_PER_FRAME: usize = 2;

/// A teacher's frames of one clip, 20 ms each.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// `[n_frames, n_numbers]`, as IEEE 754 binary16.
    halves: Vec<u16>,
    n_numbers: usize,
}

impl Moments {
    /// Brings the mean of the three frames around a place, as in [`Heard`](crate::training::hearing::Heard), to `told`;
    /// false where the teacher heard nothing.
    pub fn around(&self, place: u16, told: &mut [f32]) -> bool {
        let n_frames = self.halves.len() / self.n_numbers;
        let middle = usize::from(place).div_ceil(PLACES_PER_FRAME);
        if middle >= n_frames || told.len() != self.n_numbers {
            return false;
        }
        let frames = middle.saturating_sub(1)..(middle + 2).min(n_frames);
        #[expect(clippy::cast_precision_loss, reason = "two or three")]
        let share = 1.0 / frames.len() as f32;
        told.fill(0.0);
        for frame in frames {
            let frame = &self.halves[frame * self.n_numbers..(frame + 1) * self.n_numbers];
            for (told, &half) in told.iter_mut().zip(frame) {
                *told += share * from_half(half);
            }
        }
        true
    }
}

#[cfg(test)]
impl Moments {
    /// Frames of one number that count from 0, fewer than 2,048 of them.
    pub(in crate::training) fn counting(n_frames: u16) -> Self {
        let half = |number: u16| match number.checked_ilog2() {
            None => 0,
            #[expect(clippy::cast_possible_truncation, reason = "at most 10")]
            Some(exponent) => {
                let fraction = (number - (1 << exponent)) << (10 - exponent);
                ((exponent as u16 + 15) << 10) | fraction
            }
        };
        Moments { halves: (0..n_frames).map(half).collect(), n_numbers: 1 }
    }
}

/// The frames of many clips, by the clip's path in the data, and how many numbers each frame has.
pub struct AllMoments {
    /// By path.
    pub by_path: HashMap<String, Moments>,
    /// Numbers of a frame.
    pub n_numbers: usize,
}

/// Reads a file: the tensors `frames`, F16 `[n, n_numbers]`, of all clips one after the other, and `ends`, I64, where
/// each clip's end; and the metadata `paths`.
///
/// # Errors
/// [`TeacherError`] names the file and what is wrong.
pub fn read(path: &Path) -> Result<AllMoments, TeacherError> {
    let failed = |reason: String| TeacherError { path: path.to_owned(), reason };
    let bytes = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    of(&bytes).map_err(failed)
}

fn of(bytes: &[u8]) -> Result<AllMoments, String> {
    let (paths, _) = list_of_paths(bytes)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
    let frames = tensors.tensor("frames").map_err(|error| format!("frames: {error}"))?;
    let ends = tensors.tensor("ends").map_err(|error| format!("ends: {error}"))?;
    let &[n_frames, n_numbers] = frames.shape() else { return Err("frames is no table".into()) };
    if frames.dtype() != Dtype::F16 || ends.dtype() != Dtype::I64 || n_numbers == 0 {
        return Err("frames is not F16, or ends not I64".into());
    }
    let halves = frames.data().as_chunks::<2>().0;
    let ends = ends.data().as_chunks::<8>().0;
    if ends.len() != paths.len() {
        return Err(format!("ends has {} numbers for {} paths", ends.len(), paths.len()));
    }
    let mut by_path = HashMap::with_capacity(paths.len());
    let mut start = 0;
    for (path, &end) in paths.into_iter().zip(ends) {
        let end = usize::try_from(i64::from_le_bytes(end)).unwrap_or(usize::MAX);
        if end < start || end > n_frames {
            return Err(format!("the frames of {path} end where they cannot"));
        }
        let own = &halves[start * n_numbers..end * n_numbers];
        let halves: Vec<u16> = own.iter().map(|&half| u16::from_le_bytes(half)).collect();
        // An exponent of all ones is no finite number.
        if halves.iter().any(|half| half & 0x7c00 == 0x7c00) {
            return Err("frames holds a number that is none".into());
        }
        by_path.insert(path, Moments { halves, n_numbers });
        start = end;
    }
    Ok(AllMoments { by_path, n_numbers })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::hearing::NOWHERE;
    use safetensors::tensor::TensorView;

    /// Frames of two numbers: 0, 1, 2 and so on, and their negatives.
    fn file(ends: &[i64], paths: &str, spoilt: bool) -> Vec<u8> {
        const HALVES: [u16; 6] = [0x0000, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500];
        let mut frames: Vec<u16> = HALVES.iter().flat_map(|half| [*half, half | 0x8000]).collect();
        if spoilt {
            frames[3] = 0x7e00;
        }
        let frames: Vec<u8> = frames.into_iter().flat_map(u16::to_le_bytes).collect();
        let ends_bytes: Vec<u8> = ends.iter().flat_map(|end| end.to_le_bytes()).collect();
        let tensors = [
            ("frames", TensorView::new(Dtype::F16, vec![6, 2], &frames).unwrap()),
            ("ends", TensorView::new(Dtype::I64, vec![ends.len()], &ends_bytes).unwrap()),
        ];
        let facts = [("paths".to_owned(), paths.to_owned())];
        safetensors::serialize(tensors, Some(facts.into())).unwrap()
    }

    #[test]
    fn a_place_is_told_the_mean_of_the_three_frames_around_it() {
        let all = of(&file(&[4, 6], r#"["a.ogg", "b.ogg"]"#, false)).unwrap();
        assert_eq!(all.n_numbers, 2);
        let told = |path: &str, place: u16| {
            let mut told = [9.0; 2];
            all.by_path[path].around(place, &mut told).then_some(told[0])
        };
        // The first clip has the frames 0, 1, 2, 3 at 0, 20, 40, 60 ms, the second 4 and 5.
        assert_eq!(told("a.ogg", 0), Some(0.5), "there is none before the first");
        assert_eq!(
            [told("a.ogg", 1), told("a.ogg", 2), told("a.ogg", 3)],
            [1.0, 1.0, 2.0].map(Some)
        );
        assert_eq!([told("a.ogg", 6), told("b.ogg", 0)], [2.5, 4.5].map(Some));
        assert_eq!([told("a.ogg", 7), told("b.ogg", 3), told("a.ogg", NOWHERE)], [None; 3]);
    }

    #[test]
    fn what_is_no_file_of_frames_is_refused_with_the_reason() {
        let two = r#"["a.ogg", "b.ogg"]"#;
        let refused = |bytes: &[u8]| of(bytes).err().unwrap();
        assert!(refused(&file(&[4], two, false)).contains("1 numbers for 2 paths"));
        assert!(refused(&file(&[4, 7], two, false)).contains("b.ogg"));
        assert!(refused(&file(&[4, 3], two, false)).contains("b.ogg"));
        assert!(refused(&file(&[4, 6], two, true)).contains("none"));
        assert!(refused(&file(&[4, 6], "a.ogg", false)).contains("paths"));
        let error = read(Path::new("nowhere.safetensors")).err().unwrap().to_string();
        assert!(error.contains("nowhere.safetensors") && error.contains("scripts/teacher"));
    }
}
