//! Finds the values that a chart could read, whichever branches of its templates are taken.
//!
//! The values that a single render reads do not tell whether a key has any effect: another render may take another
//! branch. So templates are executed on shapes instead of values (see `shape`): a shape tells where a value comes
//! from, not what it is. All branches are taken, loops are repeated until nothing new is found, and whatever cannot be
//! followed counts as read, with everything below it. So where the analysis is wrong, it reports a key as read.

mod call;
mod declared;
mod flow;
mod path;
mod shape;
mod text;

use std::collections::BTreeMap;

use self::flow::Flow;
use self::path::Paths;
use super::chart::{Chart, Dependency};
use crate::source::Sources;

/// The size of the stack of the analysis, in bytes: templates call each other.
const STACK: usize = 64 << 20;

/// The values that a chart and its subcharts could read.
#[derive(Debug)]
pub struct Reads {
    members: Vec<MemberReads>,
}

/// The values that one chart of the tree could read.
#[derive(Debug)]
struct MemberReads {
    /// The path of its values in those of the top chart.
    prefix: Vec<String>,
    /// What is read below that path.
    known: Known,
}

/// A node of the values that something reads.
#[derive(Debug, Default, Clone)]
pub struct Known {
    /// Whether everything below it is read as well.
    pub whole: bool,
    /// Whether it is tested for being empty.
    pub tested: bool,
    /// Whether its type is tested.
    pub typed: bool,
    /// The nodes that are read below it, by key.
    pub below: BTreeMap<String, Known>,
    /// What is read below any key.
    pub any: Option<Box<Known>>,
}

/// A chart in a tree of charts, with the path of its values.
struct Member<'c> {
    chart: &'c Chart,
    prefix: Vec<String>,
    /// Its children: their names in its values, and their indices.
    children: Vec<(String, usize)>,
    parent: Option<usize>,
}

impl Reads {
    /// Finds what a chart could read. `texts` are strings in values layers, which may be templates.
    ///
    /// # Panics
    /// If there is not enough memory for a stack.
    #[must_use]
    pub fn of(chart: &Chart, texts: &[&str]) -> Self {
        stacker::maybe_grow(STACK, STACK, || followed(chart, texts))
    }

    /// Hashes everything that [`Reads::of`] reads of a chart, whose texts are in `sources`: charts with the same hash
    /// read the same values. Of the chart's own values, only texts that are templates count.
    #[must_use]
    pub fn digest(chart: &Chart, sources: &Sources) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        digest(chart, sources, &mut hasher);
        hasher.finalize()
    }

    /// Returns a view of the top of the values, to start a walk with [`View::below`].
    #[must_use]
    pub fn top(&self) -> View<'_> {
        self.view(|_| true)
    }

    /// Returns the same view, without what the chart at `prefix` and its subcharts read.
    #[must_use]
    pub fn without(&self, prefix: &[String]) -> View<'_> {
        self.view(|member| !member.prefix.starts_with(prefix))
    }

    fn view(&self, counts: impl Fn(&MemberReads) -> bool) -> View<'_> {
        let members = self.members.iter().filter(|member| counts(member));
        let (mut nodes, mut ahead) = (Vec::new(), Vec::new());
        for member in members {
            match &member.prefix[..] {
                [] => nodes.push(&member.known),
                prefix => ahead.push((prefix, &member.known)),
            }
        }
        View { nodes, ahead }
    }
}

/// What all charts know of a node of the values.
#[derive(Debug, Clone)]
pub struct View<'r> {
    nodes: Vec<&'r Known>,
    /// Charts whose values are further below, with the paths to them.
    ahead: Vec<(&'r [String], &'r Known)>,
}

impl<'r> View<'r> {
    /// Returns the node at a key of a map, or at an index of a list.
    #[must_use]
    pub fn below(&self, key: &str) -> Self {
        let mut nodes: Vec<&Known> = Vec::new();
        for node in &self.nodes {
            nodes.extend(node.below.get(key));
            nodes.extend(node.any.as_deref());
        }
        let mut ahead = Vec::new();
        for (way, known) in &self.ahead {
            // Helm copies globals to every subchart.
            if key == "global" {
                nodes.extend(known.below.get(key));
                nodes.extend(known.any.as_deref());
                if known.whole {
                    nodes.push(known);
                }
            }
            match way {
                [first, rest @ ..] if first == key => match rest {
                    [] => nodes.push(known),
                    rest => ahead.push((rest, *known)),
                },
                _ => {}
            }
        }
        View { nodes, ahead }
    }

    /// Whether anything reads the node, or something below it.
    #[must_use]
    pub fn is_read(&self) -> bool {
        !self.nodes.is_empty() || !self.ahead.is_empty()
    }

    /// Whether the node is read with everything below it.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.nodes.iter().any(|node| node.whole)
    }

    /// Whether the node is tested for being empty.
    #[must_use]
    pub fn is_tested(&self) -> bool {
        self.nodes.iter().any(|node| node.tested)
    }

    /// Whether the type of the node is tested.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        self.nodes.iter().any(|node| node.typed)
    }

    /// Whether the items of the node are read one by one.
    #[must_use]
    pub fn has_items(&self) -> bool {
        self.nodes.iter().any(|node| node.any.is_some())
    }

    /// Returns the keys below the node that are read by name, sorted.
    #[must_use]
    pub fn keys(&self) -> Vec<&'r str> {
        let own = self.nodes.iter().flat_map(|node| node.below.keys().map(String::as_str));
        let children = self.ahead.iter().filter_map(|(way, _)| way.first().map(String::as_str));
        let mut keys: Vec<&str> = own.chain(children).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Returns the paths below the node at which a key with this name is read, the shortest first; `*` is any key.
    #[must_use]
    pub fn named(&self, name: &str) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        let starts = self.nodes.iter().map(|node| (Vec::new(), *node));
        let ahead = self.ahead.iter().map(|(way, node)| (way.to_vec(), *node));
        for (mut path, node) in starts.chain(ahead) {
            search(node, name, &mut path, &mut found);
        }
        found.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
        found.dedup();
        found
    }
}

fn search(node: &Known, name: &str, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let named = node.below.iter().map(|(key, below)| (key.as_str(), below));
    let any = node.any.as_deref().map(|below| ("*", below));
    for (key, below) in named.chain(any) {
        path.push(key.to_owned());
        if key == name {
            found.push(path.clone());
        }
        search(below, name, path, found);
        path.pop();
    }
}

fn followed(chart: &Chart, texts: &[&str]) -> Reads {
    let mut members = Vec::new();
    gather(chart, &[], None, &mut members);
    let flow = run(&members, texts);
    let known = flow.into_paths().into_known();
    let members = members.into_iter().zip(known);
    let members = members.map(|(member, known)| MemberReads { prefix: member.prefix, known });
    Reads { members: members.collect() }
}

/// Executes the templates of a tree of charts.
fn run<'c>(members: &'c [Member<'c>], texts: &'c [&str]) -> Flow<'c> {
    let mut paths = Paths::new(members.len());
    if members.iter().all(|member| member.chart.templates.is_empty()) {
        // A chart without templates: they are created by a build, or were left out of a copy. Any value may be read.
        paths.give_up();
    }
    declared::mark(members, &mut paths);
    let called = text::mark(members, texts, &mut paths);
    let mut flow = Flow::new(members, called, paths);
    flow.run();
    flow
}

fn digest(chart: &Chart, sources: &Sources, hasher: &mut blake3::Hasher) {
    let mut put = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    };
    put(&chart.metadata.name);
    put(&sources.get(chart.source).text);
    for Dependency { name, alias, condition, tags, import_values, .. } in
        &chart.metadata.dependencies
    {
        put(&format!("{:?}", (name, alias, condition, tags, import_values)));
    }
    let templates = chart.templates.iter().map(|template| &template.file);
    for file in templates.chain(chart.schema.iter().map(|schema| &schema.file)) {
        put(&file.name);
        put(&file.text);
    }
    let mut put_template = |text: &str| {
        if text.contains("{{") {
            put(text);
        }
    };
    for root in chart.values.iter().filter_map(|document| document.root()) {
        text::strings(root, &mut put_template);
    }
    for file in text::files(chart) {
        put_template(&file.text);
    }
    put(&chart.dependencies.len().to_string());
    for below in &chart.dependencies {
        digest(below, sources, hasher);
    }
}

/// Lists a chart and all its subcharts, also disabled ones, with the names under which their parents refer to them.
fn gather<'c>(
    chart: &'c Chart,
    prefix: &[String],
    parent: Option<usize>,
    members: &mut Vec<Member<'c>>,
) -> usize {
    let index = members.len();
    members.push(Member { chart, prefix: prefix.to_vec(), children: Vec::new(), parent });
    for other in &chart.dependencies {
        let named = chart.metadata.dependencies.iter().filter(|d| d.name == other.metadata.name);
        let mut names: Vec<&str> = named.map(|dependency| dependency.shown()).collect();
        if names.is_empty() {
            names.push(&other.metadata.name);
        }
        for name in names {
            let below: Vec<String> = prefix.iter().cloned().chain([name.to_owned()]).collect();
            let child = gather(other, &below, Some(index), members);
            members[index].children.push((name.to_owned(), child));
        }
    }
    index
}

#[cfg(test)]
mod tests;
