//! Where the network runs: a GPU through wgpu when there is one, the CPU otherwise.
//!
//! In: what the user asked for. Out: a [`Backend`] that has computed something, with words for the screen.
//! A software adapter (Mesa's lavapipe, `SwiftShader`, WARP) is no GPU: it is refused before any kernel
//! runs, since it is far slower than the CPU backend and some drivers crash the process.

use super::artifact::Artifact;
use super::cpu::CpuNetwork;
use super::{LstmClassifier, ModelError};
use burn::tensor::wgpu::{WgpuBackend, wgpu};
use burn::tensor::{Device, DeviceKind};
use hearing::classifier::{Baseline, Classifier, ClassifierError};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;

/// What the user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackendChoice {
    /// A GPU if one answers and computes right, else the CPU.
    #[default]
    Auto,
    /// A GPU or an error.
    Gpu,
    /// The CPU; no graphics library is touched.
    Cpu,
    /// A software adapter, for tests on machines without a GPU.
    Software,
}

/// A word that names no backend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no backend; choose auto, gpu, cpu or software")]
pub struct UnknownBackend(pub String);

impl FromStr for BackendChoice {
    type Err = UnknownBackend;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(BackendChoice::Auto),
            "gpu" => Ok(BackendChoice::Gpu),
            "cpu" => Ok(BackendChoice::Cpu),
            "software" => Ok(BackendChoice::Software),
            other => Err(UnknownBackend(other.to_owned())),
        }
    }
}

impl fmt::Display for BackendChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BackendChoice::Auto => "auto",
            BackendChoice::Gpu => "gpu",
            BackendChoice::Cpu => "cpu",
            BackendChoice::Software => "software",
        })
    }
}

/// A device with words about it.
#[derive(Clone, Debug)]
pub struct Backend {
    /// burn's device.
    pub device: Device,
    /// For screen and log: "GPU NVIDIA H100 (Vulkan)" or "CPU (AVX-512)".
    pub description: String,
    /// Why it is not what one would expect, if so: "no GPU found: using the CPU".
    pub notice: Option<String>,
    /// The device below burn's, if it is one of graphics.
    graphics: Option<wgpu::Device>,
}

impl Backend {
    /// The CPU, with kernels of our own; always there.
    #[must_use]
    pub fn cpu() -> Self {
        Backend {
            device: Device::flex(),
            description: format!("CPU ({})", CpuNetwork::instructions()),
            notice: None,
            graphics: None,
        }
    }

    /// The first real GPU: discrete before integrated before virtual.
    ///
    /// Call it once a process: wgpu's runtime cannot be set up twice.
    ///
    /// # Errors
    /// [`ModelError::NoGpu`] with the reason.
    pub fn gpu() -> Result<Self, ModelError> {
        let kinds =
            [DeviceKind::DiscreteGpu(0), DeviceKind::IntegratedGpu(0), DeviceKind::VirtualGpu(0)];
        kinds.into_iter().find_map(|kind| adapter(kind).ok()).ok_or_else(|| ModelError::NoGpu {
            reason: "no graphics adapter answers but software ones, if any".into(),
        })
    }

    /// Whether it is a graphics device, which may be lost at any time.
    #[must_use]
    pub fn is_gpu(&self) -> bool {
        self.graphics.is_some()
    }

    /// Ends the graphics device for the whole process, as a reset of the driver would: what is asked of it from
    /// now on fails. For tests of what happens then.
    pub fn lose(&self) {
        if let Some(graphics) = &self.graphics {
            graphics.destroy();
        }
    }

    /// The first software adapter.
    ///
    /// # Errors
    /// [`ModelError::NoGpu`] when no such driver is installed.
    pub fn software() -> Result<Self, ModelError> {
        adapter(DeviceKind::Cpu)
    }
}

/// What is given to a device before it begins: the writes and launches of one batch of segments, so that it is at work
/// while the next batch is made ready.
const TASKS_AT_ONCE: usize = 12;

/// Sets up one adapter; nothing is computed yet.
fn adapter(kind: DeviceKind) -> Result<Backend, ModelError> {
    // Pinned on Linux: left alone, wgpu also tries OpenGL, which prints to the terminal.
    let api = if cfg!(target_os = "linux") { WgpuBackend::Vulkan } else { WgpuBackend::Auto };
    let _quiet = quiet_stderr();
    let options =
        Device::wgpu_options().graphics_api(api).device_kind(kind).tasks_max(TASKS_AT_ONCE);
    let found = catch_unwind(AssertUnwindSafe(|| options.init_with_setup()))
        .map_err(|_| ModelError::NoGpu { reason: "its driver failed while starting".into() })?;
    let (device, setup) =
        found.map_err(|error| ModelError::NoGpu { reason: format!("{error:?}") })?;
    let info = setup.adapter.get_info();
    let description = format!("GPU {} ({})", info.name, info.backend);
    Ok(Backend { device, description, notice: None, graphics: Some(setup.device) })
}

/// Until it is dropped nothing reaches the standard error stream: drivers complain there about desktops and
/// layers that do not matter here.
#[cfg(unix)]
fn quiet_stderr() -> Option<gag::Gag> {
    gag::Gag::stderr().ok()
}

#[cfg(not(unix))]
fn quiet_stderr() {}

/// Puts a model on the device that was asked for, and proves there that it computes.
///
/// A GPU must give the CPU's scores for a test segment within [`AGREEMENT`]; where it does not, or fails,
/// or is not there, `Auto` goes on with the CPU and says so in [`Backend::notice`].
///
/// # Errors
/// Corrupt weights; with `Gpu` and `Software` also [`ModelError::NoGpu`].
pub fn start(artifact: &Artifact, choice: BackendChoice) -> Result<LstmClassifier, ModelError> {
    match choice {
        BackendChoice::Cpu => warm(artifact, Backend::cpu()),
        BackendChoice::Gpu => proven(artifact, Backend::gpu()?),
        BackendChoice::Software => proven(artifact, Backend::software()?),
        BackendChoice::Auto => match Backend::gpu().and_then(|backend| proven(artifact, backend)) {
            Err(ModelError::NoGpu { reason }) => instead_of_gpu(artifact, &reason),
            other => other,
        },
    }
}

/// Puts a model on the CPU, since there is no GPU for this reason, and says so.
///
/// # Errors
/// Corrupt weights.
pub fn instead_of_gpu(artifact: &Artifact, reason: &str) -> Result<LstmClassifier, ModelError> {
    let mut backend = Backend::cpu();
    backend.notice = Some(format!("no GPU in use ({reason}): running on the CPU"));
    warm(artifact, backend)
}

/// A classifier that has classified its shortest and its longest segment.
fn warm(artifact: &Artifact, backend: Backend) -> Result<LstmClassifier, ModelError> {
    let mut classifier = LstmClassifier::new(artifact, backend)?;
    classifier.warm_up()?;
    Ok(classifier)
}

/// Largest difference of a probability between GPU and CPU that passes for rounding: sums of a few
/// hundred f32 products in another order differ by some 1e-5.
pub const AGREEMENT: f32 = 1e-3;

/// Puts a model on a graphics device, and has it give the CPU's scores for a test segment.
///
/// # Errors
/// [`ModelError::NoGpu`] where it fails or computes something else; corrupt weights.
pub fn proven(artifact: &Artifact, backend: Backend) -> Result<LstmClassifier, ModelError> {
    let description = backend.description.clone();
    let failed = |what: &str| ModelError::NoGpu { reason: format!("{description} {what}") };
    let attempt = AssertUnwindSafe(|| {
        let mut classifier = warm(artifact, backend)?;
        let segment = classifier.test_segment();
        let scores = classifier.classify(&segment, &Baseline::default())?.scores;
        Ok::<_, ModelError>((classifier, segment, scores))
    });
    let attempt = catch_unwind(attempt).map_err(|_| failed("failed on its first segment"))?;
    let (classifier, segment, scores) = match attempt {
        Err(ModelError::Classifier(ClassifierError::Device { reason, .. })) => {
            return Err(failed(&reason));
        }
        other => other?,
    };
    let expected = LstmClassifier::new(artifact, Backend::cpu())?
        .classify(&segment, &Baseline::default())?
        .scores;
    let agree = scores
        .0
        .iter()
        .zip(expected.0)
        .all(|(score, expected)| (score - expected).abs() <= AGREEMENT);
    if agree { Ok(classifier) } else { Err(failed("computes wrong scores")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_reads_back_and_others_are_refused() {
        for choice in
            [BackendChoice::Auto, BackendChoice::Gpu, BackendChoice::Cpu, BackendChoice::Software]
        {
            assert_eq!(choice.to_string().parse(), Ok(choice));
        }
        assert_eq!("tpu".parse::<BackendChoice>(), Err(UnknownBackend("tpu".into())));
    }
}
