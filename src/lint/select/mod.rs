//! Which rules run, with which severity and which parameters.

mod choices;
mod faults;

pub(super) use choices::Choices;
pub use faults::faults;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use crate::config::{Level, Override, RuleSettings, Settings, texts};
use crate::finding::Severity;
use crate::kube::Object;
use crate::rule::{ByKind, Crowd, Known, ParamValue, Rule, RuleSet, Scope, USUAL_PRESET};
use crate::spelling;

/// What the command line says of rules. It goes before the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Run only these; empty for those of the preset.
    pub select: Vec<String>,
    /// Run these as well.
    pub extend: Vec<String>,
    /// Do not run these.
    pub ignore: Vec<String>,
    /// The severities of rules; `None` is `off`.
    pub severities: Vec<(String, Option<Severity>)>,
    /// The rules to start from.
    pub preset: Option<String>,
}

/// A rule that runs. Its file is read when there is something that it applies to.
#[derive(Debug)]
pub struct Active {
    /// What is known of the rule without reading its file.
    pub known: Arc<Known>,
    /// The severity of its findings.
    pub severity: Severity,
    /// True if the user chose the severity, so that it goes before that of a check.
    pub chosen: bool,
    preset: Arc<str>,
    /// Parameters that the user set.
    given: BTreeMap<String, ParamValue>,
    params: OnceLock<BTreeMap<String, ParamValue>>,
}

impl Active {
    /// The rule.
    #[must_use]
    pub fn rule(&self) -> &Arc<Rule> {
        self.known.rule()
    }

    /// The parameters that differ from the rule's defaults: those of the preset, overridden by those of the user.
    #[must_use]
    pub fn params(&self) -> &BTreeMap<String, ParamValue> {
        self.params.get_or_init(|| {
            let preset = self.rule().preset_params.get(&*self.preset);
            let mut own = preset.cloned().unwrap_or_default();
            own.extend(self.given.clone());
            own
        })
    }

    /// The value of a parameter, or its default; `None` if the rule has no such parameter.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&ParamValue> {
        self.rule().param(self.params(), name)
    }

    /// The rule with its parameters.
    #[must_use]
    pub fn pair(&self) -> (&Rule, &BTreeMap<String, ParamValue>) {
        (self.rule(), self.params())
    }
}

/// The rules for a run, or for one path in it.
#[derive(Debug, Default)]
pub struct Chosen {
    /// The rules that run, sorted by id.
    pub rules: Vec<Active>,
    /// The rules on objects, by the kinds that they apply to.
    pub by_kind: ByKind,
    /// The rules of scope `text`, as indexes into `rules`.
    pub on_texts: Vec<usize>,
    /// The levels that the user set for ids under which the pipeline itself reports. Only their names count, and no
    /// preset, group or selection of other rules: that a chart does not render must not be hidden by accident.
    levels: BTreeMap<&'static str, Level>,
}

impl Chosen {
    /// Reads and compiles in parallel the rules that apply to some objects. Otherwise, threads that judge objects would
    /// start with the same rules and wait for each other.
    pub(super) fn prepare<'o>(&self, objects: impl IntoIterator<Item = Object<'o>>) {
        if rayon::current_num_threads() == 1 {
            return;
        }
        let objects: Vec<Object<'_>> = objects.into_iter().flat_map(Object::views).collect();
        let mut asked_for = vec![false; self.rules.len()];
        for object in &objects {
            self.by_kind.of(object).for_each(|at| asked_for[at] = true);
        }
        let rules = self.rules.iter().zip(asked_for).filter(|(_, is_asked_for)| *is_asked_for);
        let rules = rules.map(|(rule, _)| rule).filter(|rule| !rule.known.is_compiled());
        let rules: Vec<&Active> = rules.collect();
        if rules.is_empty() {
            return;
        }
        let crowd = Crowd::of(&objects);
        rules.par_iter().with_max_len(1).for_each(|rule| rule.rule().prepare(&crowd));
    }

    /// The level that the user set for an id under which the pipeline reports, if any.
    #[must_use]
    pub fn level(&self, id: &str) -> Option<Level> {
        self.levels.get(id).copied()
    }

    /// Sets the level of a word, if it is an id under which the pipeline reports, or a policy that such an id covers.
    fn say(&mut self, set: &RuleSet, word: &str, level: Level) {
        for id in ids(set, word) {
            self.levels.insert(id, level);
        }
    }

    /// Selects a word that may have been switched off before.
    fn ask(&mut self, set: &RuleSet, word: &str) {
        for id in ids(set, word) {
            self.levels.retain(|known, level| *known != id || *level != Level::Off);
        }
    }
}

/// The pipeline's ids that a word names: its own name or a covered policy, but not a group.
fn ids(set: &RuleSet, word: &str) -> Vec<&'static str> {
    let named = set.named(word);
    let named = |id: &str| id == word || named.iter().any(|rule| &*rule.id == id);
    BUILTIN.into_iter().filter(|id| named(id)).collect()
}

/// A name of no rule, group or preset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a {what}")]
pub struct UnknownName {
    /// As the user wrote it.
    pub name: String,
    /// What was expected: `rule` or `preset`, or [`A_PRESET`].
    pub what: &'static str,
    /// The nearest name there is.
    pub nearest: Option<String>,
}

/// [`UnknownName::what`] of a preset's name in the place of a rule's.
pub const A_PRESET: &str = "rule, but a preset";

/// The rules that a word names: by an id, a covered policy, a group, or the id of another linter, which may be preceded
/// by the linter's name and a colon. Empty if it names none.
#[must_use]
pub fn named<'s>(set: &'s RuleSet, word: &str) -> Vec<&'s Known> {
    let own = set.named(word);
    if !own.is_empty() {
        return own;
    }
    let all = || set.rules.iter().map(|known| &**known);
    let group: Vec<_> = all().filter(|rule| &*rule.group == word).collect();
    if !group.is_empty() {
        return group;
    }
    let peer = |rule: &&Known| rule.peers().values().flatten().any(|id| id == word);
    all().filter(peer).collect()
}

/// The ids under which the pipeline itself reports. Each has a page among the rules.
pub const BUILTIN: [&str; 12] = [
    "config-invalid",
    "file-unreadable",
    "helm-render",
    "lock-invalid",
    "release-declared-twice",
    "release-unresolved",
    "release-values-missing",
    "unused-suppression",
    "values-schema-violation",
    "values-type-mismatch",
    "yaml-duplicate-key",
    "yaml-syntax",
];

/// The note for a finding of one of these ids that is not reported because the id is switched off; `None` for
/// ids without which nothing stays unchecked.
#[must_use]
pub fn hidden(id: &str) -> Option<String> {
    let what = match id {
        "file-unreadable" => "files that cannot be read",
        "helm-render" => "charts that do not render",
        "yaml-syntax" => "texts that are not valid YAML",
        _ => return None,
    };
    Some(format!("`{id}` is switched off: {what} were passed over, and nothing judged them"))
}

/// Chooses the rules for a run. `overrides` are those that apply to the path, in the order of the configuration.
///
/// # Errors
/// When the command line or the configuration names something that does not exist.
pub fn choose(
    set: &RuleSet,
    request: &Request,
    settings: &Settings,
    overrides: &[&Override],
) -> Result<Chosen, UnknownName> {
    let preset = preset_of(set, request, settings)?;
    let mut choice = Choice::of(set);
    if request.select.is_empty() {
        choice.start(preset);
        for word in texts(&settings.select) {
            choice.select(&word)?;
        }
        for word in texts(&settings.ignore) {
            choice.ignore(&word)?;
        }
        for word in overrides.iter().flat_map(|each| texts(&each.select)) {
            choice.select(&word)?;
        }
    }
    for word in request.select.iter().chain(&request.extend) {
        choice.select(word)?;
    }
    for word in overrides.iter().flat_map(|each| texts(&each.ignore)) {
        choice.ignore(&word)?;
    }
    for word in &request.ignore {
        choice.ignore(word)?;
    }
    let layers = std::iter::once(&settings.rules).chain(overrides.iter().map(|each| &each.rules));
    for (word, settings) in layers.flatten() {
        choice.tune(word, &settings.value)?;
    }
    for (word, severity) in &request.severities {
        choice.weigh(word, level_of(*severity))?;
        // A severity on the command line also switches the rule on.
        if severity.is_some() && request.select.is_empty() {
            choice.switch_on(word)?;
        }
    }
    Ok(choice.chosen(preset))
}

/// A choice of rules that is being made: what is said later goes before what was said earlier.
struct Choice<'s> {
    set: &'s RuleSet,
    /// The ids of the rules that run.
    on: BTreeSet<Arc<str>>,
    severities: BTreeMap<Arc<str>, Option<Severity>>,
    params: BTreeMap<Arc<str>, BTreeMap<String, ParamValue>>,
    /// Its rules are only listed at the end.
    chosen: Chosen,
}

impl<'s> Choice<'s> {
    /// No rules.
    fn of(set: &'s RuleSet) -> Self {
        Self {
            set,
            on: BTreeSet::new(),
            severities: BTreeMap::new(),
            params: BTreeMap::new(),
            chosen: Chosen::default(),
        }
    }

    /// Starts from the rules of a preset.
    fn start(&mut self, preset: &str) {
        let is_member =
            |rule: &&Arc<Known>| preset == "all" || rule.presets().any(|name| name == preset);
        self.on.extend(self.set.rules.iter().filter(is_member).map(|rule| Arc::clone(&rule.id)));
    }

    fn select(&mut self, word: &str) -> Result<(), UnknownName> {
        self.switch_on(word)?;
        self.chosen.ask(self.set, word);
        Ok(())
    }

    fn switch_on(&mut self, word: &str) -> Result<(), UnknownName> {
        self.on.extend(resolve(self.set, word)?.into_iter().map(|rule| Arc::clone(&rule.id)));
        Ok(())
    }

    fn ignore(&mut self, word: &str) -> Result<(), UnknownName> {
        for rule in resolve(self.set, word)? {
            self.on.remove(&rule.id);
        }
        self.chosen.say(self.set, word, Level::Off);
        Ok(())
    }

    /// Sets the severity and the parameters that the configuration gives to rules.
    fn tune(&mut self, word: &str, settings: &RuleSettings) -> Result<(), UnknownName> {
        let RuleSettings { severity, params } = settings;
        if let Some(level) = severity {
            self.weigh(word, level.value)?;
        }
        for rule in resolve(self.set, word)? {
            let own = self.params.entry(Arc::clone(&rule.id)).or_default();
            own.extend(params.iter().map(|(name, value)| (name.clone(), param(&value.value))));
        }
        Ok(())
    }

    /// Sets the severity of rules.
    fn weigh(&mut self, word: &str, level: Level) -> Result<(), UnknownName> {
        self.chosen.say(self.set, word, level);
        for rule in resolve(self.set, word)? {
            self.severities.insert(Arc::clone(&rule.id), severity_of(level));
        }
        Ok(())
    }

    /// Lists the rules that run.
    fn chosen(self, preset: &str) -> Chosen {
        let Self { set, on, severities, mut params, mut chosen } = self;
        let preset: Arc<str> = preset.into();
        let active = set.rules.iter().filter(|known| on.contains(&known.id)).filter_map(|known| {
            let weighed = severities.get(&known.id);
            // A rule that is off by default and was selected gives warnings.
            let severity = match weighed {
                Some(severity) => (*severity)?,
                None => known.severity.unwrap_or(Severity::Warning),
            };
            Some(Active {
                known: Arc::clone(known),
                severity,
                chosen: weighed.is_some(),
                preset: Arc::clone(&preset),
                given: params.remove(&known.id).unwrap_or_default(),
                params: OnceLock::new(),
            })
        });
        chosen.rules = active.collect();
        chosen.by_kind = ByKind::new(chosen.rules.iter().map(|active| active.known.concern()));
        let on_texts = |(_, active): &(usize, &Active)| active.known.scope == Scope::Text;
        let on_texts = chosen.rules.iter().enumerate().filter(on_texts);
        chosen.on_texts = on_texts.map(|(at, _)| at).collect();
        chosen
    }
}

/// The name of the preset to start from.
fn preset_of<'p>(
    set: &RuleSet,
    request: &'p Request,
    settings: &'p Settings,
) -> Result<&'p str, UnknownName> {
    let preset = request
        .preset
        .as_deref()
        .or(settings.preset.as_ref().map(|preset| preset.value.as_str()))
        .unwrap_or(USUAL_PRESET);
    if is_preset(set, preset) { Ok(preset) } else { Err(unknown_preset(set, preset)) }
}

fn is_preset(set: &RuleSet, word: &str) -> bool {
    matches!(word, "all" | USUAL_PRESET)
        || set.rules.iter().any(|rule| rule.presets().any(|name| name == word))
}

/// The names of all presets, sorted.
#[must_use]
pub fn presets(set: &RuleSet) -> BTreeSet<&str> {
    let of_rules = set.rules.iter().flat_map(|known| known.presets());
    of_rules.chain(["all", USUAL_PRESET]).collect()
}

fn resolve<'s>(set: &'s RuleSet, word: &str) -> Result<Vec<&'s Known>, UnknownName> {
    let found = named(set, word);
    if !found.is_empty() || BUILTIN.contains(&word) {
        return Ok(found);
    }
    let (what, nearest) = match is_preset(set, word) {
        true => (A_PRESET, None),
        false => ("rule", nearest(set, word)),
    };
    Err(UnknownName { name: word.to_owned(), what, nearest })
}

/// The name of a rule or a group that is nearest to a word, for a suggestion.
#[must_use]
pub fn nearest(set: &RuleSet, word: &str) -> Option<String> {
    let own = set.nearest(word).map(Cow::into_owned);
    own.or_else(|| spelling::nearest(word, BUILTIN.iter().copied()).map(ToOwned::to_owned))
}

fn unknown_preset(set: &RuleSet, preset: &str) -> UnknownName {
    let near = spelling::nearest(preset, presets(set));
    UnknownName { name: preset.to_owned(), what: "preset", nearest: near.map(ToOwned::to_owned) }
}

fn level_of(severity: Option<Severity>) -> Level {
    match severity {
        Some(Severity::Error) => Level::Error,
        Some(Severity::Warning) => Level::Warning,
        Some(Severity::Info) => Level::Info,
        None => Level::Off,
    }
}

/// The severity that a level stands for; `None` is `off`.
pub(super) fn severity_of(level: Level) -> Option<Severity> {
    match level {
        Level::Error => Some(Severity::Error),
        Level::Warning => Some(Severity::Warning),
        Level::Info => Some(Severity::Info),
        Level::Off => None,
    }
}

/// A parameter from the configuration as rules see it.
fn param(value: &serde_json::Value) -> ParamValue {
    match value {
        serde_json::Value::Null => ParamValue::Null,
        serde_json::Value::Bool(value) => ParamValue::Bool(*value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(int) => ParamValue::Int(int),
            None => ParamValue::Float(number.as_f64().unwrap_or_default()),
        },
        serde_json::Value::String(text) => ParamValue::String(Arc::new(text.clone())),
        serde_json::Value::Array(items) => {
            ParamValue::List(Arc::new(items.iter().map(param).collect()))
        }
        serde_json::Value::Object(entries) => {
            let entries: std::collections::HashMap<String, ParamValue> =
                entries.iter().map(|(key, value)| (key.clone(), param(value))).collect();
            entries.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::source::Sources;

    /// A rule that is stricter in the preset `all` than by default.
    const FEW: &str = "\
id: few-replicas
group: own
severity: warning
since: 0.1.0
summary: Few replicas
why: They cost.
fix: Ask for fewer.
presets: [reliability]
params:
  most: {type: integer, default: 5, about: how many pods are enough}
preset-params:
  all: {most: 2}
kinds: [Deployment]
checks:
  - forbid: replicas > params.most
    at: object.spec.replicas
    message: too many
";

    fn most(preset: &str, config: &str) -> Option<ParamValue> {
        let sources = Sources::default();
        let mut set = RuleSet::default();
        set.add(&sources, "few-replicas.yaml", FEW);
        assert!(set.errors.is_empty(), "{:?}", set.errors);
        let path = std::path::Path::new("plimsoll.yaml");
        let settings = config::parse(path, "plimsoll.yaml", config, &sources).settings;
        let request = Request { preset: Some(preset.to_owned()), ..Request::default() };
        let chosen = choose(&set, &request, &settings, &[]).expect("known names");
        chosen.rules[0].params().get("most").cloned()
    }

    #[test]
    fn a_preset_sets_parameters_and_the_configuration_goes_before_it() {
        assert_eq!(most("reliability", ""), None, "the rule's own default holds");
        assert_eq!(most("all", ""), Some(ParamValue::Int(2)));
        let config = "rules: {few-replicas: {params: {most: 4}}}";
        assert_eq!(most("all", config), Some(ParamValue::Int(4)));
    }

    #[test]
    fn a_preset_sets_only_parameters_that_the_rule_has() {
        let mut set = RuleSet::default();
        set.add(&Sources::default(), "few.yaml", &FEW.replace("{most: 2}", "{least: 2}"));
        let messages: Vec<_> = set.errors.iter().map(|error| error.message.as_str()).collect();
        assert_eq!(messages, ["`least` is not a parameter of this rule"]);
    }

    /// What is said of `helm-render` by a command line and a configuration.
    fn level(request: &Request, config: &str) -> Option<Level> {
        let sources = Sources::default();
        let set = RuleSet::builtin(&sources);
        let path = std::path::Path::new("plimsoll.yaml");
        let settings = config::parse(path, "plimsoll.yaml", config, &sources).settings;
        choose(&set, request, &settings, &[]).expect("known names").level("helm-render")
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn what_the_pipeline_reports_is_weighed_by_its_own_name_alone() {
        assert_eq!(level(&Request::default(), ""), None);
        assert_eq!(level(&Request::default(), "ignore: [helm-render]"), Some(Level::Off));
        assert_eq!(level(&Request::default(), "rules: {helm-render: off}"), Some(Level::Off));
        let covered = Request { ignore: words(&["chart-renders"]), ..Request::default() };
        assert_eq!(level(&covered, ""), Some(Level::Off));
        let group = Request { ignore: words(&["helm-chart"]), ..Request::default() };
        assert_eq!(level(&group, ""), None, "a group is no name");
        let other = Request { select: words(&["host-network-forbidden"]), ..Request::default() };
        assert_eq!(level(&other, ""), None, "nor is the choice of another rule");
    }

    #[test]
    fn the_last_word_on_what_the_pipeline_reports_is_the_command_line_s() {
        let severities = vec![("helm-render".to_owned(), Some(Severity::Warning))];
        let warned = Request { severities, ..Request::default() };
        assert_eq!(level(&warned, "ignore: [helm-render]"), Some(Level::Warning));
        let asked = Request { extend: words(&["helm-render"]), ..Request::default() };
        assert_eq!(level(&asked, "ignore: [helm-render]"), None);
    }
}
