//! The modules of this crate use only those below them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// Lowest first. A module may use itself and those before it.
const LAYERS: [&str; 8] = ["java", "syntax", "compute", "functions", "tree", "eval", "plan", "sql"];

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn every_module_uses_only_modules_below_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    let rank = |name: &str| LAYERS.iter().position(|layer| *layer == name);
    let mut faults = Vec::new();
    for path in paths.iter().filter(|path| !path.ends_with("tests.rs")) {
        let inside = path.strip_prefix(&root).unwrap();
        let module = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        let Some(own) = rank(module) else { continue };
        for used in fs::read_to_string(path).unwrap().split("crate::").skip(1) {
            let name: String = used.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if rank(&name).is_some_and(|other| other > own) {
                faults.push(format!("{} uses {name}", inside.display()));
            }
        }
    }
    assert!(paths.len() > 30, "the sources were not found");
    assert!(faults.is_empty(), "{faults:#?}");
}
