//! Numbers in the memory of a graphics device.
//!
//! In: numbers of ours. Out: what a kernel takes, and numbers back. A [`Buffer`] is a tensor of burn's, taken out of
//! its wrapping by burn's mechanism for extensions: burn keeps the memory, the kernels are ours.

use burn::backend::Cube;
use burn::backend::tensor::FloatTensor;
use burn::cubecl::client::Client;
use burn::cubecl::prelude::{BufferArg, Const, Vector};
use burn::tensor::{DType, Device, Float, Int, Tensor, TensorData};

/// Four neighbouring numbers, which a unit fetches at once.
pub(super) type Four = Vector<f32, Const<4>>;

/// burn's tensor on a graphics device.
type Primitive = FloatTensor<Cube>;

/// Numbers on the device.
#[derive(Clone)]
pub(super) struct Buffer(Primitive);

/// Only graphics devices come here.
const ON_GRAPHICS: &str = "the device is one of graphics";

impl Buffer {
    /// Room for so many numbers, of which nothing is known.
    pub(super) fn empty(len: usize, device: &Device) -> Self {
        let tensor = Tensor::<1, Float>::empty([len], (device, DType::F32));
        Buffer(tensor.try_into_primitive::<Cube>().expect(ON_GRAPHICS))
    }

    /// These numbers.
    pub(super) fn of(numbers: Vec<f32>, device: &Device) -> Self {
        let len = numbers.len();
        let data = TensorData::new(numbers, [len]);
        let tensor = Tensor::<1, Float>::from_data(data, (device, DType::F32));
        Buffer(tensor.try_into_primitive::<Cube>().expect(ON_GRAPHICS))
    }

    /// These counts, `u32` on the device.
    pub(super) fn of_counts(counts: Vec<u32>, device: &Device) -> Self {
        let len = counts.len();
        let data = TensorData::new(counts, [len]);
        let tensor = Tensor::<1, Int>::from_data(data, (device, DType::U32));
        Buffer(tensor.try_into_primitive::<Cube>().expect(ON_GRAPHICS))
    }

    /// What launches kernels on the device.
    pub(super) fn client(&self) -> Client {
        self.0.client.clone()
    }

    /// As an argument of a kernel.
    pub(super) fn arg(&self) -> BufferArg {
        self.0.clone().into_buffer_arg()
    }

    /// Waits for the device, and brings the numbers back.
    ///
    /// # Errors
    /// What the device says when it has failed.
    pub(super) fn read(self) -> Result<Vec<f32>, String> {
        let tensor = Tensor::<1, Float>::from_primitive::<Cube>(self.0);
        tensor.try_into_vec_as::<f32>().map_err(|error| error.to_string())
    }
}
