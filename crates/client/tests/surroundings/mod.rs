//! Surroundings of a test: a home folder and variables of its own, and what a source finds there.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "it serves tests alone")]

use std::collections::HashMap;
use std::env::VarError;
use std::path::Path;
use std::sync::Arc;

use cospass::credentials::{CredentialSource, Provided, Surroundings};
use cospass::{Credentials, HyperTransport};

/// Surroundings with these variables and a root of their own.
pub fn surroundings(root: &Path, variables: &[(&str, &str)]) -> Surroundings {
    surroundings_over(root, variables, HyperTransport::new())
}

/// The same, with servers asked over that transport.
pub fn surroundings_over(
    root: &Path,
    variables: &[(&str, &str)],
    transport: HyperTransport,
) -> Surroundings {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let mut variables: HashMap<String, String> = variables.iter().map(own).collect();
    variables.entry("HOME".to_owned()).or_insert_with(|| root.display().to_string());
    variables.entry("COSPASS_METADATA_ENDPOINT".to_owned()).or_default();
    let look_up = move |name: &str| variables.get(name).cloned().ok_or(VarError::NotPresent);
    Surroundings::new(look_up, Arc::new(transport)).with_root(root)
}

pub fn write(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

pub fn parts(credentials: &Credentials) -> (String, String, Option<String>) {
    let token = credentials.token().map(|token| token.expose().to_owned());
    (
        credentials.secret_id().as_str().to_owned(),
        credentials.secret_key().expose().to_owned(),
        token,
    )
}

pub fn own(id: &str, key: &str, token: Option<&str>) -> (String, String, Option<String>) {
    (id.to_owned(), key.to_owned(), token.map(str::to_owned))
}

/// What one source finds.
pub async fn found(source: &dyn CredentialSource) -> Credentials {
    match source.provide().await.unwrap() {
        Provided::Found(credentials) => credentials,
        Provided::Absent(why) => panic!("{}: {why}", source.name()),
    }
}
