//! Sources, asked one after the other.

use std::fmt;

use cospass_sign::Credentials;

use super::{
    CosCli, CosCmd, CredentialSource, CredentialsError, Environment, Metadata, Provided, Providing,
    Surroundings, TcCli, TencentCloud, WebIdentity,
};

/// Sources that are asked one after the other; the first that has credentials wins.
pub struct Chain(Vec<Box<dyn CredentialSource>>);

/// Credentials, and how they were found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The credentials.
    pub credentials: Credentials,
    /// Every source of the chain, in its order, and what became of it.
    pub tried: Vec<Tried>,
}

/// A source and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Its name.
    pub source: String,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Its credentials are used.
    Won,
    /// It has none, for that reason.
    Absent(String),
    /// It is set up and wrong, in that way: the chain ends there.
    Failed(String),
    /// Another one came before it.
    NotAsked,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Won => f.write_str("used"),
            Self::Absent(why) | Self::Failed(why) => f.write_str(why),
            Self::NotAsked => f.write_str("not asked, since one before it was used"),
        }
    }
}

impl Tried {
    pub(super) fn absent(source: String, why: String) -> Self {
        Self { source, fate: Fate::Absent(why) }
    }

    pub(super) fn is_environment(&self) -> bool {
        self.source == Environment::NAME
    }
}

impl Chain {
    /// No source.
    pub fn empty() -> Self {
        Self(Vec::new())
    }

    /// These, and then another.
    #[must_use]
    pub fn and(mut self, source: impl CredentialSource + 'static) -> Self {
        self.0.push(Box::new(source));
        self
    }

    /// The variables and files of this machine, and no server but where one of them says so.
    pub fn of_machine(surroundings: Surroundings) -> Self {
        Self::empty()
            .and(Environment::new(surroundings.clone()))
            .and(CosCli::new(surroundings.clone()))
            .and(CosCmd::new(surroundings.clone()))
            .and(TcCli::new(surroundings.clone()))
            .and(TencentCloud::new(surroundings))
    }

    /// All sources that are set up outside a program: those of the machine, then the identity of a pod, then the role of a
    /// CVM.
    pub fn usual(surroundings: Surroundings) -> Self {
        Self::of_machine(surroundings.clone())
            .and(WebIdentity::new(surroundings.clone()))
            .and(Metadata::new(surroundings))
    }

    /// Asks until one has credentials.
    ///
    /// # Errors
    /// [`CredentialsError`] of a source that is set up and wrong, or [`CredentialsError::NotFound`] with what all said.
    pub async fn find(&self) -> Result<Found, CredentialsError> {
        let (found, tried) = self.walk().await;
        match found {
            Some(found) => found.map(|credentials| Found { credentials, tried }),
            None => Err(CredentialsError::NotFound { tried }),
        }
    }

    /// What the first source says that is set up, none if no one is, and what became of all.
    pub async fn walk(&self) -> (Option<Result<Credentials, CredentialsError>>, Vec<Tried>) {
        let mut won = None;
        let mut tried = Vec::new();
        for source in &self.0 {
            let name = source.name();
            let fate = match won {
                Some(_) => Fate::NotAsked,
                None => match source.provide().await {
                    Ok(Provided::Absent(why)) => Fate::Absent(why),
                    Ok(Provided::Found(credentials)) => {
                        won = Some(Ok(credentials));
                        Fate::Won
                    }
                    Err(error) => {
                        let fate = Fate::Failed(error.to_string());
                        won = Some(Err(error));
                        fate
                    }
                },
            };
            tracing::debug!(source = name, ?fate, "asked for credentials");
            tried.push(Tried { source: name, fate });
        }
        (won, tried)
    }

    async fn provided(&self) -> Result<Provided, CredentialsError> {
        self.find().await.map(|found| Provided::Found(found.credentials))
    }
}

impl CredentialSource for Chain {
    fn name(&self) -> String {
        "the sources of this machine".to_owned()
    }

    fn provide(&self) -> Providing<'_> {
        Box::pin(self.provided())
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|source| source.name())).finish()
    }
}
