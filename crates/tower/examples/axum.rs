//! A box of texts behind an axum router: whoever holds a URL that is pre-signed for it may put one, or read it.
//!
//! ```console
//! $ cargo run -p cospass-tower --example axum
//! $ export COS_SECRET_ID=AKIDEXAMPLE COS_SECRET_KEY=secret
//! $ place="--scheme http --domain 127.0.0.1:8000"
//! $ curl -d hello -X PUT -H Content-Type: "$(cospass presign PUT cos://box-1250000000/note $place)"
//! $ curl "$(cospass presign GET cos://box-1250000000/note $place)"
//! ```

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Extension, Router};
use cospass_sign::Credentials;
use cospass_tower::{CosAuthLayer, Identity};

type Texts = Arc<Mutex<BTreeMap<String, String>>>;

/// The router, behind the layer.
pub(crate) fn app(auth: CosAuthLayer<Credentials>) -> Router {
    Router::new().route("/{*key}", get(read).put(write)).with_state(Texts::default()).layer(auth)
}

async fn read(State(texts): State<Texts>, Path(key): Path<String>) -> Result<String, StatusCode> {
    let texts = texts.lock().unwrap_or_else(PoisonError::into_inner);
    texts.get(&key).cloned().ok_or(StatusCode::NOT_FOUND)
}

async fn write(
    State(texts): State<Texts>,
    Path(key): Path<String>,
    Extension(identity): Extension<Identity>,
    text: String,
) -> String {
    texts.lock().unwrap_or_else(PoisonError::into_inner).insert(key, text);
    format!("kept for {}", identity.secret_id())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let auth = CosAuthLayer::new(Credentials::new("AKIDEXAMPLE", "secret"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    axum::serve(listener, app(auth)).await
}
