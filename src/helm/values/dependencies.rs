//! Finds which subcharts are part of a release, under which names, and which values they export to each other.
//!
//! Mirrors Helm 4.1 `pkg/chart/v2/util/dependencies.go`.

use super::ValuesError;
use super::coalesce::{Coalescer, Nulls, Tree, table};
use super::moved;
use crate::helm::chart::{Chart, Dependency};
use crate::helm::function::satisfies;
use crate::helm::origin::{LeafId, OriginId, Origins};
use crate::helm::value::{Budget, Data, Entries, Value};

/// A chart in a release, with its enabled dependencies.
pub(in crate::helm) struct Member<'c> {
    pub(in crate::helm) chart: &'c Chart,
    pub(in crate::helm) dependencies: Vec<Dependency>,
}

/// Makes a tree of the charts of a release, over a list of members. The names are the charts' own at first: [`prune`]
/// sets those under which their parents refer to them, level by level.
pub(in crate::helm) fn build<'c>(
    chart: &'c Chart,
    name: &str,
    leaf: LeafId,
    members: &mut Vec<Member<'c>>,
    origins: &Origins,
) -> Result<Tree, ValuesError> {
    let index = members.len();
    members.push(Member { chart, dependencies: chart.metadata.dependencies.clone() });
    let mut children = Vec::new();
    for other in &chart.dependencies {
        let name = other.metadata.name.as_str();
        let below = origins.leaf(Some(leaf), name, None);
        children.push(build(other, name, below, members, origins)?);
    }
    let values = super::documents(&chart.values, leaf, origins)?;
    Ok(Tree { name: name.to_owned(), values, leaf, children, chart: index })
}

/// Sets the names under which parents refer to their subcharts, and removes those that conditions and tags disable. A
/// chart that declares no dependencies is left as it is, with everything below it.
pub(in crate::helm) fn prune(
    tree: &mut Tree,
    members: &mut Vec<Member<'_>>,
    given: &Value,
    path: &str,
    coalescer: &Coalescer<'_>,
) -> Result<(), ValuesError> {
    if !members[tree.chart].chart.metadata.has_dependencies {
        return Ok(());
    }
    name_children(tree, members, coalescer.origins)?;
    let values = coalescer.values(tree, given, Nulls::Remove).map_err(ValuesError::nowhere)?;
    let dependencies = std::mem::take(&mut members[tree.chart].dependencies);
    let kept: Vec<Dependency> =
        dependencies.iter().filter(|d| is_enabled(d, &values, path)).cloned().collect();
    let disabled = |name: &str| {
        dependencies.iter().any(|d| d.name == name) && !kept.iter().any(|d| d.name == name)
    };
    tree.children.retain(|child| !disabled(&child.name));
    members[tree.chart].dependencies = kept;
    for child in &mut tree.children {
        let below = format!("{path}{}.", child.name);
        prune(child, members, &values, &below, coalescer)?;
    }
    Ok(())
}

/// Makes one child for each dependency that is there, after those in `charts/` that are not declared.
fn name_children(
    tree: &mut Tree,
    members: &mut Vec<Member<'_>>,
    origins: &Origins,
) -> Result<(), ValuesError> {
    let chart = members[tree.chart].chart;
    let mut dependencies = std::mem::take(&mut members[tree.chart].dependencies);
    let fits = |dependency: &Dependency, other: &Chart| {
        other.metadata.name == dependency.name
            && satisfies(&dependency.version, &other.metadata.version).unwrap_or(false)
    };
    let named = |other: &Chart| dependencies.iter().any(|dependency| fits(dependency, other));
    let mut own: Vec<Option<Tree>> =
        std::mem::take(&mut tree.children).into_iter().map(Some).collect();
    let unnamed = own
        .iter_mut()
        .filter(|child| child.as_ref().is_some_and(|child| !named(members[child.chart].chart)));
    tree.children = unnamed.filter_map(Option::take).collect();
    for dependency in &mut dependencies {
        let found = chart.dependencies.iter().position(|other| fits(dependency, other));
        dependency.name = dependency.shown().to_owned();
        let Some(at) = found else { continue };
        let plain = own[at].take_if(|child| child.name == dependency.name);
        tree.children.push(match plain {
            Some(child) => child,
            None => {
                let below = origins.leaf(Some(tree.leaf), dependency.name.as_str(), None);
                build(&chart.dependencies[at], &dependency.name, below, members, origins)?
            }
        });
    }
    members[tree.chart].dependencies = dependencies;
    Ok(())
}

fn is_enabled(dependency: &Dependency, values: &Value, path: &str) -> bool {
    let mut enabled = true;
    if let Some(tags) = at(values, &["tags"])
        && let Data::Map(tags) = &tags.data
    {
        let tags = tags.borrow();
        let set: Vec<bool> = dependency
            .tags
            .iter()
            .filter_map(|tag| match tags.get(tag.as_str())?.data {
                Data::Bool(value) => Some(value),
                _ => None,
            })
            .collect();
        enabled = set.is_empty() || set.contains(&true);
    }
    for condition in dependency.condition.trim().split(',').filter(|c| !c.is_empty()) {
        let full = format!("{path}{condition}");
        let steps: Vec<&str> = full.split('.').collect();
        if let Some(Value { data: Data::Bool(value), .. }) = at(values, &steps) {
            return value;
        }
    }
    enabled
}

fn at(values: &Value, steps: &[&str]) -> Option<Value> {
    let mut at = values.clone();
    for step in steps {
        let next = table(&at)?.borrow().get(*step).cloned()?;
        at = next;
    }
    Some(at)
}

/// Applies `import-values`: tables of children are merged below the values of their parents.
pub(in crate::helm) fn import(
    tree: &mut Tree,
    members: &[Member<'_>],
    coalescer: &Coalescer<'_>,
) -> Result<(), String> {
    for child in &mut tree.children {
        import(child, members, coalescer)?;
    }
    let dependencies = &members[tree.chart].dependencies;
    if dependencies.is_empty() {
        return Ok(());
    }
    let values = coalescer.values(tree, &super::empty(tree.leaf), Nulls::Keep)?;
    // As in Helm, the children's tables are not copied: what is merged into one is visible wherever it is used.
    let imported = Value::map(Entries::default(), OriginId::NONE);
    for dependency in dependencies {
        for entry in &dependency.import_values {
            let (child, parent) = entry.paths();
            let steps: Vec<&str> =
                std::iter::once(dependency.name.as_str()).chain(child.split('.')).collect();
            let Some(found) = at(&values, &steps).filter(|found| table(found).is_some()) else {
                continue;
            };
            let steps = parent.split('.').filter(|_| parent != ".");
            let placed = steps.rev().fold(found, |value, step| {
                Value::map(Entries::from([(step.into(), value)]), OriginId::NONE)
            });
            if let (Some(into), Some(from)) = (table(&imported), table(&placed)) {
                coalescer.tables(into, from, Nulls::Keep);
            }
        }
    }
    // Helm copies them without end.
    let imported = moved(&imported, tree.leaf, coalescer.origins, &mut Budget::default())
        .ok_or_else(|| format!("values that {} imports contain themselves", tree.name))?;
    let copy = values.deep_copy();
    if let (Some(into), Some(from)) = (table(&copy), table(&imported)) {
        coalescer.tables(into, from, Nulls::Keep);
    }
    tree.values = copy;
    Ok(())
}
