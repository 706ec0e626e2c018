//! Documents as Kubernetes objects: kinds, pod templates, containers, selectors, quantities, permissions.

mod fleet;
mod image;
mod lifecycle;
mod local;
mod object;
mod quantity;
mod rbac;
pub mod resource;
pub mod schema;
mod selector;
mod version;
mod zone;

pub use image::ImageRef;
pub use lifecycle::{Component, Lifecycle, lifecycle};
pub(crate) use object::ENCRYPTED;
pub use object::{
    Container, ContainerSort, OPEN_NAMESPACE, Object, Pods, containers, namespace, objects,
};
pub use quantity::parse_quantity;
pub use rbac::{EVERYTHING, grants, wider_resources};
pub use selector::{labels, labels_of, selects};
pub use version::{NEWEST_KUBE_VERSION, minor};
pub use zone::time_zone;
