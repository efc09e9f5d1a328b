//! The model as a safetensors file.
//!
//! In: tensors by name, and the manifest. Out: the file. Keeps nothing.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, TensorView, serialize};

use super::tensors::Tensors;
use super::{WeightsError, facts};
use crate::artifact::Manifest;

/// The metadata's only key: the format keeps no order of several, and the same model is to be the same bytes.
const FACTS_KEY: &str = "undertone";

pub(super) fn file(tensors: &Tensors, manifest: &Manifest) -> Result<Vec<u8>, WeightsError> {
    let failed = |error: safetensors::SafeTensorError| WeightsError::Format(error.to_string());
    let bytes: Vec<Vec<u8>> = tensors.values().map(super::tensors::Tensor::bytes).collect();
    let views = tensors.iter().zip(&bytes).map(|((name, tensor), bytes)| {
        Ok((name, TensorView::new(Dtype::F32, tensor.shape.clone(), bytes)?))
    });
    let views = views.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let known: serde_json::Map<_, _> =
        facts(manifest).into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect();
    let known = serde_json::Value::Object(known).to_string();
    serialize(views, Some(HashMap::from([(FACTS_KEY.to_owned(), known)]))).map_err(failed)
}
