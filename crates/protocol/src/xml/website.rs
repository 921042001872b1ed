//! What a website host answers: `?website` (436/31930).

use super::read::{Element, XmlError};
use super::schema::{Content, Rule, Schema, any, maybe, one};
use super::write::Writer;

use Content::{Filled, Number, Of, OneOf, Text};

const SWITCH: Content = OneOf(&["Enabled", "Disabled"]);
const PROTOCOL: Content = OneOf(&["http", "https"]);

/// The longest key, in bytes.
const KEY: Content = Filled(850);

const ROUTING_RULE: Content = Of(&[
    one(
        "Condition",
        Of(&[
            maybe("HttpErrorCodeReturnedEquals", Number(400, 499)),
            // The Java SDK sends it empty beside the other.
            maybe("KeyPrefixEquals", Text),
        ]),
    ),
    one(
        "Redirect",
        Of(&[
            maybe("Protocol", PROTOCOL),
            maybe("ReplaceKeyWith", KEY),
            maybe("ReplaceKeyPrefixWith", Text),
            Rule::Either(&["ReplaceKeyWith", "ReplaceKeyPrefixWith"]),
            maybe("URLRedirect", SWITCH),
        ]),
    ),
]);

const SCHEMA: Schema = Schema {
    root: "WebsiteConfiguration",
    rules: &[
        one("IndexDocument", Of(&[one("Suffix", KEY)])),
        maybe("RedirectAllRequestsTo", Of(&[one("Protocol", PROTOCOL)])),
        maybe("AutoAddressing", Of(&[one("Status", SWITCH)])),
        maybe("ErrorDocument", Of(&[one("Key", KEY), maybe("OriginalHttpStatus", SWITCH)])),
        maybe("RoutingRules", Of(&[any("RoutingRule", 100, ROUTING_RULE)])),
    ],
};

/// The document `WebsiteConfiguration`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebsiteConfiguration {
    /// What is appended to a path that names a folder, `index.html`.
    pub index_suffix: String,
    /// `http` or `https`: to which all requests are sent that came by the other.
    pub redirect_all_to: Option<String>,
    /// `AutoAddressing`: whether a path may leave `.html` out.
    pub auto_addressing: Option<bool>,
    /// What is sent in place of an error.
    pub error_document: Option<ErrorPage>,
    /// The first one that fits counts; at most 100.
    pub routing_rules: Vec<RoutingRule>,
}

/// The object that is sent in place of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorPage {
    /// Its key.
    pub key: String,
    /// Whether it comes with the error's status, instead of 200.
    pub original_http_status: Option<bool>,
}

/// Where a request is sent instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutingRule {
    /// When.
    pub condition: RoutingCondition,
    /// `http` or `https`, if it is not to stay.
    pub protocol: Option<String>,
    /// To which key.
    pub replacement: Replacement,
    /// Whether the client is sent there, instead of getting that object at once. `None` is as good as yes.
    pub url_redirect: Option<bool>,
}

/// When a request is sent elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoutingCondition {
    /// When it would be answered with that status, 400 to 499.
    ErrorCode(u16),
    /// When its key begins so.
    KeyPrefix(String),
}

/// What becomes of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// It is this one.
    Key(String),
    /// Its prefix is this one: the one of the condition, or the empty one where the condition has none. 436/31930 wants one, the
    /// service takes the rule all the same (cos-java-sdk-v5 `BucketWebsiteTest`).
    Prefix(String),
}

impl WebsiteConfiguration {
    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`] when it is not such a document.
    pub fn read(body: &[u8]) -> Result<Self, XmlError> {
        let root = SCHEMA.read(body)?;
        let enabled =
            |element: &Element, name| element.optional(name).map(|text| text == "Enabled");
        let child = |name| root.child(name);
        let rules = child("RoutingRules").map(|rules| rules.all("RoutingRule").map(read_rule));
        Ok(Self {
            index_suffix: child("IndexDocument")
                .map(|index| index.text_of("Suffix").to_owned())
                .unwrap_or_default(),
            redirect_all_to: child("RedirectAllRequestsTo")
                .and_then(|all| all.optional("Protocol")),
            auto_addressing: child("AutoAddressing").and_then(|auto| enabled(auto, "Status")),
            error_document: child("ErrorDocument").map(|error| ErrorPage {
                key: error.text_of("Key").to_owned(),
                original_http_status: enabled(error, "OriginalHttpStatus"),
            }),
            routing_rules: rules.into_iter().flatten().collect::<Result<_, _>>()?,
        })
    }

    /// The body, `Content-Type: application/xml`.
    pub fn write(&self) -> String {
        let mut writer = Writer::default();
        writer.open(SCHEMA.root);
        writer.open("IndexDocument");
        writer.leaf("Suffix", &self.index_suffix);
        writer.close();
        if let Some(protocol) = &self.redirect_all_to {
            writer.open("RedirectAllRequestsTo");
            writer.leaf("Protocol", protocol);
            writer.close();
        }
        if let Some(status) = self.auto_addressing {
            writer.open("AutoAddressing");
            writer.leaf("Status", switch(status));
            writer.close();
        }
        if let Some(error) = &self.error_document {
            writer.open("ErrorDocument");
            writer.leaf("Key", &error.key);
            writer.optional("OriginalHttpStatus", error.original_http_status.map(switch));
            writer.close();
        }
        // Python looks for a rule in `RoutingRules` if that is there.
        if !self.routing_rules.is_empty() {
            writer.open("RoutingRules");
            for rule in &self.routing_rules {
                write_rule(&mut writer, rule);
            }
            writer.close();
        }
        writer.close();
        writer.finish()
    }
}

fn read_rule(rule: &Element) -> Result<RoutingRule, XmlError> {
    let (condition, redirect) = match (rule.child("Condition"), rule.child("Redirect")) {
        (Some(condition), Some(redirect)) => (condition, redirect),
        _ => return Err(XmlError::Shape("a RoutingRule without Condition or Redirect")),
    };
    let prefix = condition.text_of("KeyPrefixEquals");
    let condition = match condition.number("HttpErrorCodeReturnedEquals") {
        Some(status) if prefix.is_empty() => RoutingCondition::ErrorCode(status),
        None if !prefix.is_empty() => RoutingCondition::KeyPrefix(prefix.to_owned()),
        _ => return Err(XmlError::Shape("not exactly one condition of a RoutingRule")),
    };
    let replacement = match redirect.optional("ReplaceKeyWith") {
        Some(key) => Replacement::Key(key),
        None => Replacement::Prefix(redirect.text_of("ReplaceKeyPrefixWith").to_owned()),
    };
    Ok(RoutingRule {
        condition,
        protocol: redirect.optional("Protocol"),
        replacement,
        url_redirect: redirect.optional("URLRedirect").map(|text| text == "Enabled"),
    })
}

fn write_rule(writer: &mut Writer<'_>, rule: &RoutingRule) {
    writer.open("RoutingRule");
    writer.open("Condition");
    match &rule.condition {
        RoutingCondition::ErrorCode(status) => {
            writer.leaf("HttpErrorCodeReturnedEquals", &status.to_string());
        }
        RoutingCondition::KeyPrefix(prefix) => writer.leaf("KeyPrefixEquals", prefix),
    }
    writer.close();
    writer.open("Redirect");
    writer.optional("Protocol", rule.protocol.as_ref());
    match &rule.replacement {
        Replacement::Key(key) => writer.leaf("ReplaceKeyWith", key),
        Replacement::Prefix(prefix) => writer.leaf("ReplaceKeyPrefixWith", prefix),
    }
    writer.optional("URLRedirect", rule.url_redirect.map(switch));
    writer.close();
    writer.close();
}

fn switch(is_on: bool) -> &'static str {
    if is_on { "Enabled" } else { "Disabled" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(inner: &str) -> Result<WebsiteConfiguration, XmlError> {
        let index = "<IndexDocument><Suffix>index.html</Suffix></IndexDocument>";
        let body = format!("<WebsiteConfiguration>{index}{inner}</WebsiteConfiguration>");
        WebsiteConfiguration::read(body.as_bytes())
    }

    #[test]
    fn write_and_read_are_inverse() {
        let bare = WebsiteConfiguration { index_suffix: "index.html".into(), ..Default::default() };
        let full = WebsiteConfiguration {
            redirect_all_to: Some("https".into()),
            auto_addressing: Some(false),
            error_document: Some(ErrorPage {
                key: "error.html".into(),
                original_http_status: Some(true),
            }),
            routing_rules: vec![
                RoutingRule {
                    condition: RoutingCondition::ErrorCode(404),
                    protocol: Some("https".into()),
                    replacement: Replacement::Key("404.html".into()),
                    url_redirect: None,
                },
                RoutingRule {
                    condition: RoutingCondition::KeyPrefix("old/".into()),
                    protocol: None,
                    replacement: Replacement::Prefix(String::new()),
                    url_redirect: Some(false),
                },
            ],
            ..bare.clone()
        };
        for website in [bare, full] {
            let text = website.write();
            assert_eq!(WebsiteConfiguration::read(text.as_bytes()), Ok(website), "{text}");
        }
    }

    /// As the Java SDK writes it, blanks included.
    #[test]
    fn an_empty_prefix_beside_an_error_code_is_none() {
        let rule = "<RoutingRules><RoutingRule><Condition><KeyPrefixEquals></KeyPrefixEquals>\
                    <HttpErrorCodeReturnedEquals >404</HttpErrorCodeReturnedEquals ></Condition>\
                    <Redirect><ReplaceKeyWith>404.html</ReplaceKeyWith></Redirect></RoutingRule></RoutingRules>";
        let rules = read(rule).unwrap().routing_rules;
        assert_eq!(rules[0].condition, RoutingCondition::ErrorCode(404));
    }

    #[test]
    fn no_rules_are_not_written() {
        let website = read("<RoutingRules/>").unwrap();
        assert_eq!(
            website.write(),
            "<WebsiteConfiguration>\n\t<IndexDocument>\n\t\t<Suffix>index.html</Suffix>\n\t</IndexDocument>\n</WebsiteConfiguration>"
        );
    }

    #[test]
    fn another_document_is_refused() {
        assert!(WebsiteConfiguration::read(b"<WebsiteConfiguration/>").is_err());
        let rule = |condition: &str, redirect: &str| {
            format!(
                "<RoutingRules><RoutingRule><Condition>{condition}</Condition><Redirect>{redirect}</Redirect></RoutingRule></RoutingRules>"
            )
        };
        let prefix = "<KeyPrefixEquals>a</KeyPrefixEquals>";
        let status = "<HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>";
        let key = "<ReplaceKeyWith>b</ReplaceKeyWith>";
        let by_prefix = "<ReplaceKeyPrefixWith>b</ReplaceKeyPrefixWith>";
        assert!(read(&rule(prefix, by_prefix)).is_ok() && read(&rule(status, key)).is_ok());
        assert!(read(&rule(status, by_prefix)).is_ok());
        for inner in [
            rule("", key),
            rule(prefix, ""),
            rule(&format!("{prefix}{status}"), key),
            rule(prefix, &format!("{key}{by_prefix}")),
            rule(&status.replace("404", "500"), key),
            "<RedirectAllRequestsTo><Protocol>ftp</Protocol></RedirectAllRequestsTo>".to_owned(),
            "<ErrorDocument/>".to_owned(),
        ] {
            assert!(read(&inner).is_err(), "{inner}");
        }
    }
}
