//! The file of `--config`: TOML, every option of `serve` by its name, and what does not fit on a command line.
//!
//! A member that is not known is refused, with its line. No secret stands in the file, only where one is kept; and a
//! message never shows a line of the file, in case somebody wrote one in.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use cospass::{Bucket, Region};
use cospass_protocol::operation::CannedAcl;
use cospass_server::{AccessLogTarget, ClockSetting, Coverage};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error as _, IntoDeserializer, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::args::{self, Signatures};
use super::people::{ProviderTable, RoleTable, UserTable};
use crate::exit::{Exit, Failure};

/// The longest file that is read, in bytes.
const FILE_MAX: u64 = 1024 * 1024;

/// What the file says.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Config {
    pub(super) listen: Option<Parsed<SocketAddr>>,
    pub(super) data: Option<PathBuf>,
    pub(super) in_memory: bool,
    pub(super) no_sync: bool,
    pub(super) default_bucket: Option<Parsed<Bucket>>,
    pub(super) region: Option<Parsed<Region>>,
    #[serde(deserialize_with = "one_or_more")]
    pub(super) signature: Vec<Parsed<Signatures>>,
    pub(super) clock: Option<Parsed<ClockSetting>>,
    pub(super) tls_cert: Option<PathBuf>,
    pub(super) tls_key: Option<PathBuf>,
    pub(super) control: Option<Parsed<SocketAddr>>,
    pub(super) control_off_loopback: bool,
    #[serde(deserialize_with = "one_or_more")]
    pub(super) control_host: Vec<String>,
    pub(super) access_log: Option<Parsed<AccessLogTarget>>,
    pub(super) sts_listen: Option<Parsed<SocketAddr>>,
    pub(super) token_key: Option<PathBuf>,
    pub(super) log: Option<String>,
    /// Buckets by host.
    pub(super) map: BTreeMap<String, Parsed<Bucket>>,
    pub(super) bucket: Vec<BucketTable>,
    pub(super) account: Vec<AccountTable>,
    pub(super) user: Vec<UserTable>,
    pub(super) role: Vec<RoleTable>,
    pub(super) identity_provider: Vec<ProviderTable>,
}

/// A `[[bucket]]` that is to be there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BucketTable {
    pub(super) name: Parsed<Bucket>,
    /// What it is made with; one that is there keeps its own.
    pub(super) acl: Option<Parsed<CannedAcl>>,
    /// How much signatures must cover of requests for it.
    pub(super) signature: Option<Parsed<Coverage>>,
}

/// An `[[account]]`. The first one has all buckets that no other has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountTable {
    pub(super) secret_id: String,
    pub(super) secret_key_file: PathBuf,
    /// Its number, which shows in owners and grants.
    pub(super) uin: Option<String>,
    /// What the names of its buckets end in; each but the first must have one.
    pub(super) appid: Option<String>,
}

/// A value that is written as text, as on the command line.
#[derive(Clone, Debug)]
pub(super) struct Parsed<T>(pub(super) T);

impl<'de, T: FromText> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        T::from_text(&text).map(Parsed).map_err(D::Error::custom)
    }
}

/// A value, or a list of such, for an option that may be given more than once.
fn one_or_more<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct OneOrMore<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrMore<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text or a list of texts")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
            T::deserialize(text.into_deserializer()).map(|value| vec![value])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(values))
        }
    }

    deserializer.deserialize_any(OneOrMore(PhantomData))
}

/// How a value is read.
pub(super) trait FromText: Sized {
    fn from_text(text: &str) -> Result<Self, String>;
}

impl FromText for SocketAddr {
    fn from_text(text: &str) -> Result<Self, String> {
        args::parse_address(text)
    }
}

impl FromText for Bucket {
    fn from_text(text: &str) -> Result<Self, String> {
        args::parse_bucket(text)
    }
}

impl FromText for Region {
    fn from_text(text: &str) -> Result<Self, String> {
        args::parse_region(text)
    }
}

impl FromText for ClockSetting {
    fn from_text(text: &str) -> Result<Self, String> {
        args::parse_clock(text)
    }
}

impl FromText for Signatures {
    fn from_text(text: &str) -> Result<Self, String> {
        args::parse_signature(text)
    }
}

impl FromText for Coverage {
    fn from_text(text: &str) -> Result<Self, String> {
        args::parse_coverage(text)
    }
}

impl FromText for AccessLogTarget {
    fn from_text(text: &str) -> Result<Self, String> {
        let Ok(target) = args::parse_access_log(text);
        Ok(target)
    }
}

impl FromText for CannedAcl {
    fn from_text(text: &str) -> Result<Self, String> {
        args::parse_acl(text)
    }
}

impl Config {
    /// Reads the file.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        use std::io::Read;
        let cannot_read =
            |error| Failure::io(format_args!("cannot read {path:?} (--config)"), &error);
        let mut text = String::new();
        let file = std::fs::File::open(path).map_err(cannot_read)?;
        file.take(FILE_MAX).read_to_string(&mut text).map_err(cannot_read)?;
        Self::parse(&text).map_err(|message| {
            Failure::usage("config", format_args!("{} (--config), {message}", path.display()))
        })
    }

    /// Reads the text, or says in which line and member something is wrong, and what.
    fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let before = text.get(..start).unwrap_or_default();
            let line = text.lines().nth(before.matches('\n').count()).unwrap_or_default();
            let member = line.split('=').next().unwrap_or_default().trim();
            let number = before.matches('\n').count() + 1;
            format!("line {number}, {member}: {}", error.message())
        })
    }
}

impl AccountTable {
    /// Reads the key that the table says where to find.
    pub(super) fn secret_key(&self) -> Result<String, Failure> {
        secret_key_of(&self.secret_key_file)
    }
}

/// Reads a key: the first line of its file.
pub(super) fn secret_key_of(path: &Path) -> Result<String, Failure> {
    let refused = |what: &str| {
        let message = format_args!("{} (secret_key_file) {what}", path.display());
        Failure::new(Exit::Credentials, "secret-key-file", message)
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| refused(&format!("cannot be read: {error}")))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).map(|metadata| metadata.permissions().mode());
        if mode.is_ok_and(|mode| mode & 0o007 != 0) {
            return Err(refused("can be read by everybody; take their rights away"));
        }
    }
    match text.lines().next().map(str::trim) {
        Some(key) if !key.is_empty() => Ok(key.to_owned()),
        _ => Err(refused("is empty; its first line is to be the SecretKey")),
    }
}

#[cfg(test)]
mod tests {
    use clap::Args as _;

    use super::*;

    const EXAMPLE: &str = include_str!("../../../../docs/cospass.toml");

    /// The example, with what it comments out.
    fn whole_example() -> String {
        let lines = EXAMPLE.lines().map(|line| match line.strip_prefix("#") {
            Some(rest) if !rest.starts_with(' ') => rest,
            _ => line,
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_example_parses_as_it_stands_and_whole() {
        let config = Config::parse(EXAMPLE).unwrap();
        assert_eq!(config.account.len(), 1);
        let config = Config::parse(&whole_example()).unwrap();
        assert_eq!((config.bucket.len(), config.map.len(), config.account.len()), (2, 1, 2));
        let people = (config.user.len(), config.role.len(), config.identity_provider.len());
        assert_eq!(people, (1, 2, 1));
        assert!(config.in_memory && config.no_sync && config.control_off_loopback);
    }

    #[test]
    fn the_example_has_every_option() {
        let table: toml::Table = whole_example().parse().unwrap();
        let command = args::ServeArgs::augment_args(clap::Command::new("serve"));
        let options = command.get_arguments().filter_map(clap::Arg::get_long);
        let members: Vec<_> = options.map(|option| option.replace('-', "_")).collect();
        assert!(members.len() > 12, "{members:?}");
        for member in members.iter().filter(|member| *member != "config") {
            assert!(table.contains_key(member), "{member} is not in docs/cospass.toml");
        }
    }

    #[test]
    fn what_may_be_given_more_than_once_may_be_given_once() {
        for (once, more) in [
            ("signature = \"strict\"", "signature = [\"strict\"]"),
            ("control_host = \"cos.test\"", "control_host = [\"cos.test\"]"),
        ] {
            let [once, more] =
                [once, more].map(|text| format!("{:?}", Config::parse(text).unwrap()));
            assert_eq!(once, more);
            assert_ne!(once, format!("{:?}", Config::default()));
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_member_and_without_its_value() {
        for (text, told) in [
            (
                "listen = \"127.0.0.1:9000\"\nclok = \"system\"",
                "line 2, clok: unknown field `clok`",
            ),
            ("\n\nclock = \"noon\"", "line 3, clock: it is no clock"),
            ("listen = 9000", "line 1, listen: invalid type"),
            ("[[bucket]]\nname = \"short\"", "line 2, name: "),
            ("[[bucket]]\nname = \"b-1\"\nacl = \"open\"", "line 3, acl: it is no ACL of a bucket"),
            (
                "[[bucket]]\nname = \"b-1\"\nsignature = \"loose\"",
                "line 3, signature: it is no coverage",
            ),
            ("[[bucket]]\nacl = \"private\"", "line 1, [[bucket]]: missing field `name`"),
            ("[map]\n\"h\" = \"short\"", "line 2, \"h\": "),
            (
                "[[account]]\nsecret_id = \"A\"\nsecret_key = \"WHISPER\"",
                "line 3, secret_key: unknown",
            ),
            ("no_sync = WHISPER", "line 1, no_sync: "),
            ("signature = 5", "line 1, signature: invalid type"),
            ("signature = \"loose\"", "line 1, signature: it is no coverage"),
            ("signature = [\"strict\", \"b-1=loose\"]", "line 1, signature: it is no coverage"),
            ("data = \"a\"\ndata = \"b\"", "line 2, data: duplicate key"),
        ] {
            let message = Config::parse(text).unwrap_err();
            assert!(message.starts_with(told), "{text:?}: {message}");
            assert!(!message.contains("WHISPER"), "{message}");
        }
    }
}
