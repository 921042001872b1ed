//! Which pages of other origins may read a bucket's answers: `?cors` (436/8279).

use super::read::XmlError;
use super::schema::{Content, Schema, any, maybe, some};
use super::write::Writer;

/// The methods that a rule may allow; Java throws on others.
const METHODS: Content = Content::OneOf(&["GET", "PUT", "HEAD", "POST", "DELETE"]);

const SCHEMA: Schema = Schema {
    root: "CORSConfiguration",
    rules: &[
        some(
            "CORSRule",
            100,
            Content::Of(&[
                maybe("ID", Content::Text),
                some("AllowedOrigin", usize::MAX, Content::Filled(1024)),
                some("AllowedMethod", usize::MAX, METHODS),
                any("AllowedHeader", usize::MAX, Content::Text),
                any("ExposeHeader", usize::MAX, Content::Text),
                maybe("MaxAgeSeconds", Content::Number(0, u32::MAX as u64)),
            ]),
        ),
        maybe("ResponseVary", Content::Flag),
    ],
};

/// The document `CORSConfiguration`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorsConfiguration {
    /// The first one that fits counts; 1 to 100.
    pub rules: Vec<CorsRule>,
    /// Whether answers are to say `Vary: Origin` in any case.
    pub response_vary: Option<bool>,
}

/// What one or several origins may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorsRule {
    /// Its name.
    pub id: Option<String>,
    /// `http://example.com`, or with one `*`.
    pub allowed_origins: Vec<String>,
    /// Methods in upper case.
    pub allowed_methods: Vec<String>,
    /// Names of headers that a request may have, or with one `*`.
    pub allowed_headers: Vec<String>,
    /// Names of headers that a page may read of the answer. Duplicates are kept.
    pub expose_headers: Vec<String>,
    /// How long a preflight's answer holds, in seconds.
    pub max_age_seconds: Option<u32>,
}

impl CorsConfiguration {
    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`] when it is not such a document.
    pub fn read(body: &[u8]) -> Result<Self, XmlError> {
        let root = SCHEMA.read(body)?;
        let rules = root.all("CORSRule").map(|rule| CorsRule {
            id: rule.optional("ID"),
            allowed_origins: rule.texts("AllowedOrigin"),
            allowed_methods: rule.texts("AllowedMethod"),
            allowed_headers: rule.texts("AllowedHeader"),
            expose_headers: rule.texts("ExposeHeader"),
            max_age_seconds: rule.number("MaxAgeSeconds"),
        });
        Ok(Self { rules: rules.collect(), response_vary: root.number("ResponseVary") })
    }

    /// The body, `Content-Type: application/xml`.
    pub fn write(&self) -> String {
        let mut writer = Writer::default();
        writer.open(SCHEMA.root);
        for rule in &self.rules {
            writer.open("CORSRule");
            writer.optional("ID", rule.id.as_ref());
            writer.leaves("AllowedOrigin", &rule.allowed_origins);
            writer.leaves("AllowedMethod", &rule.allowed_methods);
            writer.leaves("AllowedHeader", &rule.allowed_headers);
            writer.leaves("ExposeHeader", &rule.expose_headers);
            writer.optional("MaxAgeSeconds", rule.max_age_seconds.map(|age| age.to_string()));
            writer.close();
        }
        writer.optional("ResponseVary", self.response_vary.map(|vary| vary.to_string()));
        writer.close();
        writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_and_read_are_inverse() {
        let rule = CorsRule {
            id: Some("1".into()),
            allowed_origins: vec!["http://a.example".into(), "http://*.b.example".into()],
            allowed_methods: vec!["GET".into(), "PUT".into()],
            allowed_headers: vec!["*".into()],
            expose_headers: vec!["ETag".into(), "ETag".into()],
            max_age_seconds: Some(0),
        };
        let bare = CorsRule {
            allowed_origins: vec!["*".into()],
            allowed_methods: vec!["HEAD".into()],
            ..CorsRule::default()
        };
        for response_vary in [None, Some(true)] {
            let cors = CorsConfiguration { rules: vec![rule.clone(), bare.clone()], response_vary };
            let text = cors.write();
            assert_eq!(CorsConfiguration::read(text.as_bytes()), Ok(cors), "{text}");
        }
    }

    #[test]
    fn another_document_is_refused() {
        let read = |inner: &str| {
            let body = format!("<CORSConfiguration>{inner}</CORSConfiguration>");
            CorsConfiguration::read(body.as_bytes())
        };
        let rule = |method: &str| {
            format!(
                "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>{method}</AllowedMethod></CORSRule>"
            )
        };
        assert!(read(&rule("GET").repeat(100)).is_ok());
        for inner in ["", "<CORSRule/>", &rule("get"), &rule("PATCH"), &rule("GET").repeat(101)] {
            assert!(read(inner).is_err(), "{inner}");
        }
    }
}
