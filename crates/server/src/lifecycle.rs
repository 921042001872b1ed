//! What becomes of objects by the lifecycle rules of their bucket (436/17028, 436/8280).
//!
//! A rule that counts in days is due at the first midnight of Beijing, the service's time, when so many days have passed
//! since the object was changed; one that names a date is due then, for what was changed before. (The service does its
//! rounds at midnight; that it is that exact is a decision, so that a test can tell.) Nothing counts how often an object
//! is read, so that a transition that depends on it never happens.

mod rounds;

use cospass_protocol::Tag;
use cospass_protocol::operation::StorageClass;
use cospass_protocol::xml::{
    Expiration, LifecycleConfiguration, LifecycleFilter, LifecycleRule, When,
};

pub(crate) use rounds::Rounds;

use crate::store::{Kind, ObjectRecord};

const SECONDS_A_DAY: i64 = 86_400;

/// How far Beijing is ahead of UTC.
const BEIJING: i64 = 8 * 3600;

/// What becomes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Stays,
    Changes(StorageClass),
    Goes,
}

/// What rules look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) key: &'a str,
    /// In bytes.
    pub(crate) size: u64,
    pub(crate) tags: &'a [Tag],
    pub(crate) storage_class: StorageClass,
    /// When it was changed, Unix seconds.
    pub(crate) modified: i64,
    /// Whether it was made by appending: then no rule is about it (436/7741).
    pub(crate) is_appendable: bool,
}

impl<'a> Subject<'a> {
    /// An object of that key; `tags` are those of its record.
    pub(crate) fn of(key: &'a str, record: &ObjectRecord, tags: &'a [Tag]) -> Self {
        Self {
            key,
            size: record.size,
            tags,
            storage_class: record.storage_class(),
            modified: record.modified,
            is_appendable: record.kind == Kind::Appendable,
        }
    }
}

/// What has become of an object by now, Unix seconds. If rules disagree, going wins, then the coldest class.
pub(crate) fn fate(rules: &LifecycleConfiguration, object: &Subject<'_>, now: i64) -> Fate {
    let of_object = || rules.rules.iter().filter(|rule| applies(rule, object));
    let is_due = |when: When| is_due(when, object.modified, now);
    let goes = |rule: &LifecycleRule| match rule.expiration {
        Some(Expiration::At(when)) => is_due(when),
        Some(Expiration::DeleteMarker(_)) | None => false,
    };
    if of_object().any(goes) {
        return Fate::Goes;
    }
    let transitions = of_object().flat_map(|rule| &rule.transitions);
    let due = transitions
        .filter(|transition| transition.access_frequency.is_none() && is_due(transition.when))
        .map(|transition| transition.storage_class.as_str());
    coldest(due, object.storage_class)
}

/// When rules make an object go, Unix seconds, and the id of the rule that does; the first of several.
pub(crate) fn expiry<'a>(
    rules: &'a LifecycleConfiguration,
    object: &Subject<'_>,
) -> Option<(i64, &'a str)> {
    let goes = |rule: &'a LifecycleRule| match rule.expiration {
        Some(Expiration::At(when)) => {
            Some((due(when, object.modified)?, rule.id.as_deref().unwrap_or_default()))
        }
        Some(Expiration::DeleteMarker(_)) | None => None,
    };
    let of_object = rules.rules.iter().filter(|rule| applies(rule, object));
    of_object.filter_map(goes).min_by_key(|(time, _)| *time)
}

/// What has become of a former version by now, Unix seconds; `replaced` is when the next one was written.
pub(crate) fn fate_of_former(
    rules: &LifecycleConfiguration,
    version: &Subject<'_>,
    replaced: i64,
    now: i64,
) -> Fate {
    let of_version = || rules.rules.iter().filter(|rule| applies(rule, version));
    let is_due = |days: u32| is_due(When::Days(days), replaced, now);
    let mut expirations = of_version().filter_map(|rule| rule.noncurrent_expiration_days);
    if expirations.any(is_due) {
        return Fate::Goes;
    }
    let transitions = of_version().flat_map(|rule| &rule.noncurrent_transitions);
    let due = transitions.filter(|(days, _)| is_due(*days)).map(|(_, class)| class.as_str());
    coldest(due, version.storage_class)
}

/// Whether a delete marker with no version left to hide goes: at once, by rules that name no tags and no sizes.
pub(crate) fn is_marker_removed(rules: &LifecycleConfiguration, key: &str) -> bool {
    let removes = |rule: &LifecycleRule| rule.expiration == Some(Expiration::DeleteMarker(true));
    rules.rules.iter().any(|rule| removes(rule) && applies_by_key(rule, key))
}

/// The coldest of some classes, if that is colder than the one there is: nothing becomes warmer by itself.
fn coldest<'a>(classes: impl Iterator<Item = &'a str>, there: StorageClass) -> Fate {
    classes
        .filter_map(|class| class.parse::<StorageClass>().ok())
        .max_by_key(|class| coldness(*class))
        .filter(|class| coldness(*class) > coldness(there))
        .map_or(Fate::Stays, Fate::Changes)
}

/// Whether an upload in parts, begun then, is given up by now, Unix seconds. It has no tags and no size to look at.
pub(crate) fn is_given_up(
    rules: &LifecycleConfiguration,
    key: &str,
    initiated: i64,
    now: i64,
) -> bool {
    let of_upload = rules.rules.iter().filter(|rule| applies_by_key(rule, key));
    let mut days = of_upload.filter_map(|rule| rule.abort_upload_days);
    days.any(|days| is_due(When::Days(days), initiated, now))
}

/// The last time, up to now, at which something could become due that was not due before: the same for two times means
/// that nothing becomes due between them.
fn last_moment(rules: &LifecycleConfiguration, now: i64) -> i64 {
    let whens = rules.rules.iter().flat_map(|rule| {
        let expiration = match rule.expiration {
            Some(Expiration::At(when)) => Some(when),
            _ => None,
        };
        rule.transitions.iter().map(|transition| transition.when).chain(expiration)
    });
    let dates = whens.filter_map(|when| match when {
        When::Date(date) if date <= now => Some(date),
        _ => None,
    });
    dates.chain([midnight_before(now)]).max().unwrap_or(now)
}

fn applies(rule: &LifecycleRule, object: &Subject<'_>) -> bool {
    rule.is_enabled
        && !object.is_appendable
        && rule.filter.as_ref().is_none_or(|filter| {
            has_prefix(filter, object.key)
                && filter.tags.iter().all(|tag| object.tags.contains(tag))
                && filter.size_greater_than.is_none_or(|size| object.size > size)
                && filter.size_less_than.is_none_or(|size| object.size < size)
        })
}

/// Whether a rule is about what has a key alone.
fn applies_by_key(rule: &LifecycleRule, key: &str) -> bool {
    rule.is_enabled
        && rule.filter.as_ref().is_none_or(|filter| {
            filter.tags.is_empty()
                && filter.size_greater_than.is_none()
                && filter.size_less_than.is_none()
                && has_prefix(filter, key)
        })
}

fn has_prefix(filter: &LifecycleFilter, key: &str) -> bool {
    filter.prefix.as_ref().is_none_or(|prefix| key.starts_with(prefix))
        && !filter.not_prefixes.iter().any(|prefix| key.starts_with(prefix))
}

fn is_due(when: When, since: i64, now: i64) -> bool {
    due(when, since).is_some_and(|time| time <= now)
}

/// When something is due for what was changed then, both Unix seconds; never, for what was changed after a date.
fn due(when: When, since: i64) -> Option<i64> {
    match when {
        When::Days(days) => {
            let passed = since.saturating_add(i64::from(days).saturating_mul(SECONDS_A_DAY));
            Some(match midnight_before(passed) {
                midnight if midnight == passed => midnight,
                midnight => midnight.saturating_add(SECONDS_A_DAY),
            })
        }
        When::Date(date) => (since < date).then_some(date),
    }
}

/// The last midnight of Beijing up to a time, both Unix seconds.
fn midnight_before(time: i64) -> i64 {
    let day = time.saturating_add(BEIJING).div_euclid(SECONDS_A_DAY);
    day.saturating_mul(SECONDS_A_DAY).saturating_sub(BEIJING)
}

fn coldness(class: StorageClass) -> u8 {
    use StorageClass as Class;
    match class {
        Class::Standard | Class::MazStandard => 0,
        Class::IntelligentTiering | Class::MazIntelligentTiering => 1,
        Class::StandardIa | Class::MazStandardIa => 2,
        Class::Cold | Class::MazCold => 3,
        Class::Archive | Class::MazArchive => 4,
        Class::DeepArchive | Class::MazDeepArchive => 5,
    }
}

#[cfg(test)]
mod tests {
    use cospass_protocol::xml::from_iso8601;

    use super::*;

    fn rules(inner: &str) -> LifecycleConfiguration {
        let body = format!(
            "<LifecycleConfiguration><Rule><Status>Enabled</Status>{inner}</Rule></LifecycleConfiguration>"
        );
        LifecycleConfiguration::read(body.as_bytes()).unwrap()
    }

    fn at(text: &str) -> i64 {
        from_iso8601(text).unwrap()
    }

    fn object(key: &str) -> Subject<'_> {
        Subject {
            key,
            size: 5,
            tags: &[],
            storage_class: StorageClass::Standard,
            modified: at("2024-03-01T12:00:00+08:00"),
            is_appendable: false,
        }
    }

    const AFTER_A_DAY: &str = "<Expiration><Days>1</Days></Expiration>";

    #[test]
    fn an_object_goes_at_the_midnight_after_its_days() {
        let rules = rules(AFTER_A_DAY);
        let at = |text| fate(&rules, &object("a"), at(text));
        assert_eq!(at("2024-03-02T12:00:00+08:00"), Fate::Stays);
        assert_eq!(at("2024-03-02T23:59:59+08:00"), Fate::Stays);
        assert_eq!(at("2024-03-03T00:00:00+08:00"), Fate::Goes);
        let midnight =
            Subject { modified: super::tests::at("2024-03-01T00:00:00+08:00"), ..object("a") };
        assert_eq!(
            fate(&rules, &midnight, super::tests::at("2024-03-02T00:00:00+08:00")),
            Fate::Goes
        );
    }

    #[test]
    fn no_rule_is_about_what_was_appended() {
        let rules = rules(AFTER_A_DAY);
        let appended = Subject { is_appendable: true, ..object("a") };
        let late = at("2025-01-01T00:00:00+08:00");
        assert_eq!(fate(&rules, &object("a"), late), Fate::Goes);
        assert_eq!(fate(&rules, &appended, late), Fate::Stays);
        assert_eq!(expiry(&rules, &appended), None);
    }

    #[test]
    fn the_first_rule_that_makes_an_object_go_is_named() {
        let body = "<LifecycleConfiguration><Rule><ID>late</ID><Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule><Rule><ID>early</ID><Filter><Prefix>a</Prefix></Filter><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule><Rule><ID>past</ID><Status>Enabled</Status><Expiration><Date>2024-03-01T00:00:00+08:00</Date></Expiration></Rule></LifecycleConfiguration>";
        let rules = LifecycleConfiguration::read(body.as_bytes()).unwrap();
        assert_eq!(expiry(&rules, &object("a")), Some((at("2024-03-03T00:00:00+08:00"), "early")));
        assert_eq!(expiry(&rules, &object("b")), Some((at("2024-03-05T00:00:00+08:00"), "late")));
        let marker =
            "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>";
        assert_eq!(expiry(&self::rules(marker), &object("a")), None);
    }

    #[test]
    fn a_date_is_for_what_was_changed_before() {
        let rules = rules("<Expiration><Date>2024-03-01T16:00:00.000Z</Date></Expiration>");
        let old = object("a");
        let date = at("2024-03-01T16:00:00Z");
        assert_eq!(fate(&rules, &old, date - 1), Fate::Stays);
        assert_eq!(fate(&rules, &old, date), Fate::Goes);
        let young = Subject { modified: date, ..old };
        assert_eq!(fate(&rules, &young, date + SECONDS_A_DAY), Fate::Stays);
        assert_eq!(last_moment(&rules, date + 5), date);
        assert_eq!(last_moment(&rules, date - 1), midnight_before(date - 1));
    }

    #[test]
    fn every_criterion_must_hold() {
        let late = at("2025-03-01T12:00:00Z");
        let tag = |key: &str| Tag { key: key.into(), value: "v".into() };
        let tags = [tag("a"), tag("b")];
        let tagged = Subject { tags: &tags, ..object("logs/1") };
        let tag_filter = "<Tag><Key>a</Key><Value>v</Value></Tag>";
        for (filter, goes) in [
            ("<Filter/>".to_owned(), true),
            ("<Filter><Prefix>logs/</Prefix></Filter>".to_owned(), true),
            ("<Filter><Prefix>log/</Prefix></Filter>".to_owned(), false),
            (format!("<Filter>{tag_filter}</Filter>"), true),
            (format!("<Filter>{}</Filter>", tag_filter.replace('v', "w")), false),
            (format!("<Filter><And><Prefix>x</Prefix>{tag_filter}</And></Filter>"), false),
            (
                "<Filter><And><ObjectSizeGreaterThan>4</ObjectSizeGreaterThan></And></Filter>"
                    .to_owned(),
                true,
            ),
            (
                "<Filter><And><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan></And></Filter>"
                    .to_owned(),
                false,
            ),
            (
                "<Filter><And><ObjectSizeLessThan>6</ObjectSizeLessThan></And></Filter>".to_owned(),
                true,
            ),
            (
                "<Filter><And><ObjectSizeLessThan>5</ObjectSizeLessThan></And></Filter>".to_owned(),
                false,
            ),
            (
                "<Filter><And><PrefixNotEquals>logs/</PrefixNotEquals></And></Filter>".to_owned(),
                false,
            ),
            ("<Prefix>logs/</Prefix>".to_owned(), true),
        ] {
            let rules = rules(&format!("{filter}{AFTER_A_DAY}"));
            let want = if goes { Fate::Goes } else { Fate::Stays };
            assert_eq!(fate(&rules, &tagged, late), want, "{filter}");
        }
        let mut disabled = rules(AFTER_A_DAY);
        disabled.rules[0].is_enabled = false;
        assert_eq!(fate(&disabled, &tagged, late), Fate::Stays);
    }

    #[test]
    fn classes_become_colder_only() {
        let late = at("2025-03-01T12:00:00Z");
        let to = |days: u32, class: &str| {
            format!(
                "<Transition><Days>{days}</Days><StorageClass>{class}</StorageClass></Transition>"
            )
        };
        let two = rules(&(to(30, "ARCHIVE") + &to(0, "STANDARD_IA")));
        assert_eq!(fate(&two, &object("a"), late), Fate::Changes(StorageClass::Archive));
        let early = object("a").modified + 2 * SECONDS_A_DAY;
        assert_eq!(fate(&two, &object("a"), early), Fate::Changes(StorageClass::StandardIa));
        let cold = Subject { storage_class: StorageClass::DeepArchive, ..object("a") };
        assert_eq!(fate(&two, &cold, late), Fate::Stays);
        let counted = to(0, "ARCHIVE").replace("</Transition>", "<AccessFrequency><AccessCountLessThan>1</AccessCountLessThan><RecentDays>1</RecentDays></AccessFrequency></Transition>");
        assert_eq!(fate(&rules(&counted), &object("a"), late), Fate::Stays);
    }

    #[test]
    fn former_versions_go_after_they_were_replaced() {
        let rules = rules(
            "<NoncurrentVersionTransition><NoncurrentDays>1</NoncurrentDays><StorageClass>ARCHIVE</StorageClass></NoncurrentVersionTransition><NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays></NoncurrentVersionExpiration>",
        );
        let replaced = at("2024-05-01T00:00:00+08:00");
        let after = |days: i64| {
            fate_of_former(&rules, &object("a"), replaced, replaced + days * SECONDS_A_DAY)
        };
        assert_eq!(after(0), Fate::Stays);
        assert_eq!(after(1), Fate::Changes(StorageClass::Archive));
        assert_eq!(after(3), Fate::Goes);
        assert_eq!(fate(&rules, &object("a"), replaced + 9 * SECONDS_A_DAY), Fate::Stays);
    }

    #[test]
    fn a_marker_goes_if_a_rule_says_so() {
        let of = |flag: &str| {
            let marker = format!("<ExpiredObjectDeleteMarker>{flag}</ExpiredObjectDeleteMarker>");
            rules(&format!("<Filter><Prefix>a</Prefix></Filter><Expiration>{marker}</Expiration>"))
        };
        assert!(is_marker_removed(&of("true"), "ab"));
        assert!(!is_marker_removed(&of("true"), "b"));
        assert!(!is_marker_removed(&of("false"), "ab"));
        assert!(!is_marker_removed(&rules(AFTER_A_DAY), "ab"));
    }

    #[test]
    fn uploads_are_given_up() {
        let abort = "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>";
        let of = |filter: &str, key: &str, now: &str| {
            let began = at("2024-03-01T12:00:00+08:00");
            is_given_up(&rules(&format!("{filter}{abort}")), key, began, at(now))
        };
        let prefix = "<Filter><Prefix>a/</Prefix></Filter>";
        assert!(of(prefix, "a/b", "2024-03-03T00:00:00+08:00"));
        assert!(!of(prefix, "a/b", "2024-03-02T23:59:59+08:00"));
        assert!(!of(prefix, "b", "2024-03-03T00:00:00+08:00"));
        let tagged = "<Filter><Tag><Key>a</Key><Value>v</Value></Tag></Filter>";
        assert!(!of(tagged, "b", "2024-03-03T00:00:00+08:00"));
    }
}
