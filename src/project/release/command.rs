//! The release that a `helm install` or `helm upgrade` declares, or a `helm template` whose output is applied (helm:
//! cmd/helm/install.go, upgrade.go, template.go; pkg/cli/values/options.go).

mod applied;
mod call;
mod flag;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

pub(super) use self::applied::{Fate, fate, reads};
use self::call::Helm;
pub(super) use self::call::helm;
use self::flag::{Argument, arguments, positionals};
use super::shell::{COMPUTED, Call, RUN_TIME, STREAM, is_known};
use super::text::Mapped;
use super::{ChartRef, Content, Context, Found, Layer, Release, Unresolved, Via, split_oci};
use crate::helm::values::set_file_paths;
use crate::project::path::{base_name, join, parent};
use crate::source::Span;

/// A single value, as set by `helm --set` and similar flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// How the value is read.
    pub kind: AssignmentKind,
    /// The path in Helm's notation, `racks[0].name`; empty if `value` is the whole text of a flag, which may set several
    /// values (`a=1,b=2`).
    pub path: String,
    /// The text of the value, or of the flag.
    pub value: String,
    /// The place of the assignment.
    pub span: Span,
    /// The place of the value alone, if it has one.
    pub value_span: Option<Span>,
}

impl Assignment {
    /// Whether everything in it is known before the release is deployed.
    #[must_use]
    pub fn is_known(&self) -> bool {
        is_known(&self.value)
    }

    /// The value, with `stand_in` for parts that are only known when the release is deployed; `None` if the keys that it sets
    /// are not known.
    #[must_use]
    pub fn filled(&self, stand_in: &str) -> Option<Cow<'_, str>> {
        if self.is_known() {
            return Some(Cow::Borrowed(&self.value));
        }
        let mut pieces = self.value.split(',').map(|piece| piece.split_once('='));
        let begins = pieces.clone().next().flatten().is_some();
        let keys_are_known = pieces.all(|piece| piece.is_none_or(|(key, _)| is_known(key)));
        let is_text = self.kind != AssignmentKind::Json;
        (is_text && (!self.path.is_empty() || begins && keys_are_known))
            .then(|| self.value.replace([RUN_TIME, COMPUTED], stand_in).into())
    }

    /// The files that are read for it, for its `value`, which may have been filled in.
    #[must_use]
    pub fn files(&self, value: &str) -> Vec<String> {
        match self.kind {
            AssignmentKind::File if self.path.is_empty() => set_file_paths(value),
            AssignmentKind::File => vec![value.to_owned()],
            AssignmentKind::Json
            | AssignmentKind::Value
            | AssignmentKind::String
            | AssignmentKind::Literal => Vec::new(),
        }
    }
}

/// How the text of an [`Assignment`] is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AssignmentKind {
    /// `--set-json`
    Json,
    /// `--set`: as a number, a boolean, null or a text.
    Value,
    /// `--set-string`
    String,
    /// `--set-file`: the value is a file's path.
    File,
    /// `--set-literal`
    Literal,
}

/// Repository aliases, by the file that adds them and in all files.
#[derive(Debug, Default)]
pub(super) struct Aliases {
    by_file: BTreeMap<(String, String), String>,
    overall: BTreeMap<String, String>,
}

impl Aliases {
    /// Adds the alias of a `helm repo add ALIAS URL`.
    pub(super) fn note(&mut self, call: &Call, text: &Mapped, context: &Context<'_>) {
        let Some(helm) = helm(call, &|word| text.written(word, context.sources)) else { return };
        let file = &context.sources.path(text.source);
        let words: Vec<&str> = positionals(helm.words);
        if let ["repo", "add", alias, url, ..] = words.as_slice()
            && is_known(url)
        {
            self.add(file, alias, url);
        }
    }

    pub(super) fn add(&mut self, file: &str, alias: &str, url: &str) {
        self.by_file.insert((file.to_owned(), alias.to_owned()), url.to_owned());
        self.overall.entry(alias.to_owned()).or_insert_with(|| url.to_owned());
    }

    pub(super) fn get(&self, file: &str, alias: &str) -> Option<&String> {
        self.by_file.get(&(file.to_owned(), alias.to_owned())).or_else(|| self.overall.get(alias))
    }
}

/// The flags of a command.
#[derive(Default)]
struct Options {
    namespace: Option<String>,
    name: Option<(String, Span)>,
    repository: Option<String>,
    version: Option<String>,
    files: Vec<(String, Span)>,
    assignments: Vec<(AssignmentKind, String, Span)>,
    positionals: Vec<(String, Span)>,
    generate_name: bool,
    /// The templates of the chart that are printed; all of them if there is none.
    show_only: Vec<String>,
    kube_version: Option<String>,
    api_versions: Vec<String>,
    dry_run: bool,
    skip_schema: bool,
    /// The place of arguments that only a command's output tells, and that may name values.
    computed: Option<Span>,
}

impl Options {
    /// Sets a flag. `span` is the place of its value.
    fn set(&mut self, name: &str, value: &str, span: Span) {
        let text = || value.to_owned();
        let mut assign = |kind| self.assignments.push((kind, text(), span));
        match name {
            "namespace" => self.namespace = Some(text()),
            "name" => self.name = Some((text(), span)),
            "repo" => self.repository = Some(text()),
            "version" => self.version = Some(text()),
            // pflag splits the text of a list flag at commas; an empty text has no items.
            "values" if value.is_empty() => {}
            "values" => self.files.extend(value.split(',').map(|file| (file.to_owned(), span))),
            "set" => assign(AssignmentKind::Value),
            "set-string" => assign(AssignmentKind::String),
            "set-file" => assign(AssignmentKind::File),
            "set-json" => assign(AssignmentKind::Json),
            "set-literal" => assign(AssignmentKind::Literal),
            "generate-name" | "name-template" => self.generate_name = true,
            "show-only" => self.show_only.push(text()),
            "kube-version" => self.kube_version = Some(text()),
            "api-versions" => self.api_versions.extend(value.split(',').map(str::to_owned)),
            "skip-schema-validation" => self.skip_schema = value != "false",
            "dry-run" => self.dry_run = value != "none" && value != "false",
            _ => {}
        }
    }
}

/// The name that `helm template` gives a release that has none.
const UNNAMED: &str = "release-name";

/// The surroundings of a call of `helm`.
pub(super) struct Around<'a> {
    /// The text that contains its words.
    pub(super) text: &'a Mapped,
    pub(super) via: Via,
    pub(super) variant: Option<&'a str>,
    /// The shown paths of files that other commands in the same file create.
    pub(super) made: &'a HashSet<String>,
    /// What becomes of what the call prints.
    pub(super) fate: &'a Fate,
}

/// Reads the release or repository that a call declares. Other calls are ignored.
pub(super) fn read(
    call: &Call,
    around: &Around<'_>,
    aliases: &Aliases,
    context: &Context<'_>,
    found: &mut Found,
) {
    let &Around { text, via, variant, made, fate } = around;
    let Some(helm) = helm(call, &|word| text.written(word, context.sources)) else { return };
    let mut options = options(&helm, text);
    // Global flags may precede the verb; `helm secrets upgrade` decrypts and then upgrades.
    if options.positionals.first().is_some_and(|(word, _)| word == "secrets") {
        options.positionals.remove(0);
    }
    // `helm template` leaves the cluster alone anyhow.
    let (applied, namespace) = match fate {
        Fate::Applied { namespace } => (true, namespace.clone()),
        Fate::Unused | Fate::Kept(_) => (false, None),
    };
    let declares = match options.positionals.first().map(|(word, _)| word.as_str()) {
        Some("install" | "upgrade") => !options.dry_run,
        Some("template") => applied,
        _ => false,
    };
    if !declares {
        return;
    }
    options.positionals.remove(0);
    let of_variables = namespace_of(call, helm.start);
    if applied {
        options.namespace = options.namespace.or(of_variables).or(namespace);
    } else {
        options.namespace = options.namespace.or(of_variables);
        (options.kube_version, options.api_versions) = (None, Vec::new());
    }
    let end = call.words.last().map_or(helm.start, |word| word.end);
    let declared = text.span(helm.start, end);
    let (name, chart_word) = match (options.name.take(), options.positionals.as_slice()) {
        (Some(name), [chart, ..]) => (Some(name), chart.clone()),
        (None, [chart]) if options.generate_name || applied => (None, chart.clone()),
        (None, [name, chart, ..]) => (Some(name.clone()), chart.clone()),
        _ => return,
    };
    let bases: Vec<&str> = call.directories.iter().map(String::as_str).collect();
    let file = context.sources.path(declared.source);
    let lookup = |alias: &str| aliases.get(&file, alias).cloned();
    let mut chart = chart(&chart_word.0, options.repository.take(), &bases, Some(&lookup), context);
    chart.span = Some(chart_word.1);
    // `--version` only applies to charts in a repository.
    if chart.path.is_none() {
        let declared_version = options.version.take().filter(|version| is_known(version));
        chart.version = declared_version.or(chart.version);
    }
    if !options.show_only.is_empty() {
        // How all of the chart is deployed stays open.
        let why = "only some of the chart's templates are applied".to_owned();
        found.unresolved.push(Unresolved { declared, why, chart_path: None });
        return;
    }
    if let Some(why) = obstacle(name.as_ref(), &chart_word.0, &options, &bases) {
        let known = is_known(&chart_word.0) && !bases.is_empty();
        let chart_path = chart.path.filter(|_| known);
        found.unresolved.push(Unresolved { declared, why, chart_path });
        return;
    }
    // If the chart is only found relative to a folder, the command runs there.
    let path = chart.path.as_ref();
    let home = path.and_then(|path| bases.iter().find(|base| join(base, &chart_word.0) == *path));
    let home = home.or(bases.last()).map(|base| (*base).to_owned());
    let known = |text: String| is_known(&text).then_some(text);
    let name_span = name.as_ref().map(|(_, span)| *span);
    let unnamed = applied && !options.generate_name;
    found.releases.push(Release {
        name: match name {
            Some((name, _)) => known(name),
            None => unnamed.then(|| UNNAMED.to_owned()),
        },
        name_span,
        namespace: options.namespace.take().and_then(known).filter(|name| !name.is_empty()),
        chart,
        kube_version: options.kube_version.take().and_then(known),
        api_versions: std::mem::take(&mut options.api_versions),
        skip_schema: options.skip_schema,
        values: layers(options, &bases, home.as_deref(), made, context),
        declared,
        via,
        variant: variant.map(str::to_owned),
    });
}

/// The namespace in `HELM_NAMESPACE`, for which `--namespace` has priority (helm: pkg/cli/environment.go, `New`).
fn namespace_of(call: &Call, start: usize) -> Option<String> {
    let before = call.words.iter().take_while(|word| word.start < start);
    let of_env = before.filter_map(|word| word.text.strip_prefix("HELM_NAMESPACE="));
    let namespace = of_env.last().unwrap_or(&call.namespace);
    (!namespace.is_empty()).then(|| namespace.to_owned())
}

/// Why a command cannot be resolved from the repository alone.
fn obstacle(
    name: Option<&(String, Span)>,
    chart: &str,
    options: &Options,
    bases: &[&str],
) -> Option<String> {
    let in_some_folder = bases.is_empty() && chart.starts_with('.');
    if !is_known(chart) || in_some_folder {
        return Some("the chart is only known when the command runs".to_owned());
    }
    if name.is_some_and(|(name, _)| name.contains(COMPUTED)) {
        return Some("the release's name is computed when the command runs".to_owned());
    }
    let unknown = options.files.iter().find(|(file, _)| !is_known(file))?;
    let shape = unknown.0.replace([RUN_TIME, COMPUTED], "…");
    Some(format!("which values file `{shape}` is, is only known when the command runs"))
}

fn options(helm: &Helm<'_>, text: &Mapped) -> Options {
    let mut options = Options::default();
    // Positional arguments that may expand to no word, or to several.
    let mut loose = Vec::new();
    for argument in arguments(helm.words) {
        match argument {
            // `$EXTRA_ARGS`, which is set where the command runs, may be anything.
            Argument::Positional(word) if word.spread && options.positionals.is_empty() => {}
            Argument::Positional(word) => {
                if word.spread {
                    loose.push(options.positionals.len());
                }
                let span = text.span(word.start, word.end);
                options.positionals.push((word.text.clone(), span));
            }
            Argument::Flag { name, value, word } => {
                options.set(name, value, text.span(word.start, word.end));
            }
        }
    }
    // `helm upgrade $FLAGS web ./chart`: there are a name and a chart without these.
    let named = usize::from(options.name.is_none() && !options.generate_name);
    let secrets = options.positionals.first().is_some_and(|(word, _)| word == "secrets");
    let wanted = 2 + named + usize::from(secrets);
    while options.positionals.len() > wanted
        && let Some(at) = loose.pop()
    {
        let (text, span) = options.positionals.remove(at);
        if text.contains(COMPUTED) {
            options.computed = Some(span);
        }
    }
    let mut more = options.positionals.iter().skip(wanted);
    if let Some((_, span)) = more.find(|(text, _)| text.contains(COMPUTED)) {
        options.computed = Some(*span);
    }
    options
}

/// The values layers in Helm's order: files first, then everything that is set. A file that is in none of the folders is
/// reported as missing in `home`.
fn layers(
    mut options: Options,
    bases: &[&str],
    home: Option<&str>,
    made: &HashSet<String>,
    context: &Context<'_>,
) -> Vec<Layer> {
    let mut layers: Vec<Layer> = Vec::new();
    for (file, span) in std::mem::take(&mut options.files) {
        let plain = file.strip_prefix("secrets://").unwrap_or(&file);
        layers.push(if matches!(plain, "-" | "/dev/stdin" | STREAM) {
            Layer::inline(span, Content::Unknown)
        } else if plain.contains("://") {
            Layer { content: Content::Unknown, ..Layer::file(plain.to_owned(), span) }
        } else {
            match context.tree.locate(plain, bases) {
                Some(path) => Layer::file(path, span),
                // A file that the commands create is only known when they run.
                None if bases.iter().any(|base| made.contains(&join(base, plain))) => {
                    Layer::inline(span, Content::Unknown)
                }
                // A folder that is only known when the command runs, or the home directory of the user who runs it.
                None if plain.starts_with('~') || bases.is_empty() && !plain.starts_with('/') => {
                    Layer::inline(span, Content::Elsewhere)
                }
                None => Layer::file(join(home.unwrap_or_default(), plain), span),
            }
        });
    }
    layers.extend(options.computed.map(|span| Layer::inline(span, Content::Unknown)));
    let first = options.assignments.iter().map(|(_, _, span)| *span).min_by_key(|span| span.start);
    if let Some(span) = first {
        options.assignments.sort_by_key(|(kind, _, _)| *kind);
        let assignments = options.assignments.into_iter().map(|(kind, value, span)| Assignment {
            kind,
            path: String::new(),
            value,
            span,
            value_span: None,
        });
        layers.push(Layer::inline(span, Content::Set(assignments.collect())));
    }
    layers
}

/// Returns the URL of a repository's alias.
pub(super) type Alias<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The chart that Helm reads from an argument: an existing path goes before a name in a repository.
pub(super) fn chart(
    text: &str,
    repository: Option<String>,
    bases: &[&str],
    alias: Option<Alias<'_>>,
    context: &Context<'_>,
) -> ChartRef {
    if !is_known(text) {
        return ChartRef::default();
    }
    if text.starts_with("oci://") {
        let (repository, name, version) = split_oci(text);
        let repository = Some(repository);
        return ChartRef { name: Some(name), repository, version, ..ChartRef::default() };
    }
    if let Some(remote) = text.strip_prefix("git::") {
        return of_git(remote);
    }
    if text.starts_with("http://") || text.starts_with("https://") {
        let (repository, file) = (parent(text), base_name(text));
        let (name, version) = of_archive(file);
        let (name, repository) = (Some(name), Some(repository.to_owned()));
        return ChartRef { name, repository, version, ..ChartRef::default() };
    }
    if let Some(repository) = repository {
        let repository = is_known(&repository).then_some(repository);
        return ChartRef { name: Some(text.to_owned()), repository, ..ChartRef::default() };
    }
    if let Some(local) = context.chart_by_path(text, bases) {
        return local;
    }
    let parts: Vec<&str> = text.split('/').collect();
    match parts.as_slice() {
        [alias_name, name] if !matches!(*alias_name, "." | ".." | "") && !name.is_empty() => {
            ChartRef {
                name: Some((*name).to_owned()),
                repository: alias.and_then(|alias| alias(alias_name)),
                alias: Some((*alias_name).to_owned()),
                ..ChartRef::default()
            }
        }
        [name] if !name.ends_with(".tgz") && *name != "." => {
            ChartRef { name: Some((*name).to_owned()), ..ChartRef::default() }
        }
        _ => {
            let chart = context.local_chart(join(bases.last().unwrap_or(&""), text));
            if !text.ends_with(".tgz") {
                return chart;
            }
            // The name of an archive that a build creates tells the chart.
            let (name, version) = of_archive(base_name(text));
            ChartRef { name: Some(name), version: chart.version.or(version), ..chart }
        }
    }
}

/// The chart's name and version in the name of an archive: `web-1.2.0.tgz`.
fn of_archive(file: &str) -> (String, Option<String>) {
    let stem = file.strip_suffix(".tgz").unwrap_or(file);
    let dash = stem.match_indices('-').find(|(at, _)| {
        stem[at + 1..].trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit())
    });
    match dash {
        Some((at, _)) => (stem[..at].to_owned(), Some(stem[at + 1..].to_owned())),
        None => (stem.to_owned(), None),
    }
}

/// A chart in a git repository, as helmfile names it: `https://host/repo.git@charts/web?ref=v1`
/// (helmfile: docs/advanced-features.md).
fn of_git(remote: &str) -> ChartRef {
    let (place, query) = remote.split_once('?').unwrap_or((remote, ""));
    let begin = place.find("://").map_or(0, |at| at + "://".len());
    // There may be a user name before the host; the path begins after the last `@`.
    let (url, path) = match place[begin..].rfind('@') {
        Some(at) if place[begin + at..].contains('/') && place[begin..begin + at].contains('/') => {
            (&place[..begin + at], &place[begin + at + 1..])
        }
        _ => (place, ""),
    };
    let last =
        if path.is_empty() { base_name(url).trim_end_matches(".git") } else { base_name(path) };
    let version = query.split('&').find_map(|part| part.strip_prefix("ref="));
    ChartRef {
        name: Some(last.to_owned()),
        repository: Some(url.to_owned()),
        version: version.map(ToOwned::to_owned),
        git: true,
        ..ChartRef::default()
    }
}
