//! Tables of the file of `--config` that say who there is beside accounts: users, roles, identity providers.
//!
//! A policy stands in the file, or in one of its own.

use std::path::{Path, PathBuf};

use cospass::Credentials;
use cospass_server::{Builder, IdentityProvider, Role, User};
use serde::Deserialize;

use super::config::secret_key_of;
use crate::exit::Failure;

/// The longest policy or key set that is read, in bytes.
const FILE_MAX: u64 = 1024 * 1024;

/// A `[[user]]` of an account, with keys of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserTable {
    /// Its number.
    uin: String,
    secret_id: String,
    secret_key_file: PathBuf,
    /// The number of its account; the first one's if it is not given.
    account: Option<String>,
    /// JSON.
    #[serde(default)]
    policy: Vec<String>,
    #[serde(default)]
    policy_file: Vec<PathBuf>,
}

/// A `[[role]]` of an account.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleTable {
    name: String,
    id: Option<String>,
    account: Option<String>,
    #[serde(default)]
    policy: Vec<String>,
    #[serde(default)]
    policy_file: Vec<PathBuf>,
    /// Principals.
    #[serde(default)]
    assumed_by: Vec<String>,
    external_id: Option<String>,
    identity_provider: Option<String>,
}

/// An `[[identity_provider]]` that vouches for people without keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProviderTable {
    id: String,
    issuer: String,
    client_id: Vec<String>,
    jwks_file: PathBuf,
}

/// Everybody of the file.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) users: Vec<UserTable>,
    pub(super) roles: Vec<RoleTable>,
    pub(super) providers: Vec<ProviderTable>,
}

impl People {
    /// Tells a builder of them. Reads their files.
    pub(super) fn join(&self, mut builder: Builder) -> Result<Builder, Failure> {
        for table in &self.users {
            let secret_key = secret_key_of(&table.secret_key_file)?;
            let user = User::new(Credentials::new(&*table.secret_id, secret_key), &table.uin);
            let user = table.account.iter().fold(user, User::of_account);
            let policies = policies(&table.policy, &table.policy_file)?;
            builder = builder.user(policies.into_iter().fold(user, User::policy));
        }
        for table in &self.providers {
            let jwks = read(&table.jwks_file, "jwks_file")?;
            let provider = IdentityProvider::new(&table.id, &table.issuer, jwks);
            let provider = table.client_id.iter().fold(provider, IdentityProvider::client_id);
            builder = builder.identity_provider(provider);
        }
        for table in &self.roles {
            let role = table.id.iter().fold(Role::new(&table.name), Role::id);
            let role = table.account.iter().fold(role, Role::of_account);
            let role = table.assumed_by.iter().fold(role, Role::assumed_by);
            let role = table.external_id.iter().fold(role, Role::external_id);
            let role = table.identity_provider.iter().fold(role, Role::by_web_identity);
            let policies = policies(&table.policy, &table.policy_file)?;
            builder = builder.role(policies.into_iter().fold(role, Role::policy));
        }
        Ok(builder)
    }
}

fn policies(texts: &[String], files: &[PathBuf]) -> Result<Vec<String>, Failure> {
    let read = files.iter().map(|file| read(file, "policy_file"));
    texts.iter().cloned().map(Ok).chain(read).collect()
}

fn read(path: &Path, member: &str) -> Result<String, Failure> {
    use std::io::Read;
    let failed = |error| Failure::io(format_args!("cannot read {path:?} ({member})"), &error);
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(FILE_MAX).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}
