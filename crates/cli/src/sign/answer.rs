//! A signature as JSON.

use cospass_protocol::{Presigned, Warning};
use serde::{Serialize, Serializer};

use super::Product;

/// One line of JSON. Scripts rely on its members; `--help` tells them.
#[derive(Serialize)]
pub(super) struct Answer<'a> {
    url: Option<&'a str>,
    authorization: &'a str,
    #[serde(serialize_with = "as_object")]
    headers: &'a [(String, String)],
    key_time: String,
    expires_at: i64,
    effective_end: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<Vec<&'static str>>,
}

impl<'a> Answer<'a> {
    /// The answer to one request: `warnings` is always there.
    pub(super) fn alone(presigned: &'a Presigned, product: Product, warnings: &[Warning]) -> Self {
        Answer {
            url: Some(presigned.url()).filter(|_| product == Product::Url),
            authorization: presigned.authorization(),
            headers: presigned.headers(),
            key_time: presigned.key_time().to_string(),
            expires_at: presigned.expires_at(),
            effective_end: presigned.effective_end(),
            warnings: Some(warnings.iter().map(|warning| warning.id()).collect()),
        }
    }

    /// The answer to a line of a batch: `warnings` is there if there are any.
    pub(super) fn in_batch(
        presigned: &'a Presigned,
        product: Product,
        warnings: &[Warning],
    ) -> Self {
        let mut answer = Self::alone(presigned, product, warnings);
        answer.warnings = answer.warnings.filter(|warnings| !warnings.is_empty());
        answer
    }
}

fn as_object<S: Serializer>(pairs: &&[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}
