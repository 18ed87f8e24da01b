//! Converts WebAssembly for tests:
//!
//!     weft-spec-suite dir IN OUT      every .wast file below IN
//!     weft-spec-suite wat IN OUT      the module of one .wat file, all of Wasm 3.0 and proposals, not validated
//!     weft-spec-suite exnref IN OUT   a module with legacy exceptions into one with those of Wasm 3.0
//!
//! Scripts become OUT/<path>/<name>.json in wast2json's format with .wasm and .wat files and the script itself beside it.

mod exnref;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, error::Error, fs};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["dir", dir, out] => directory(Path::new(dir), Path::new(out)),
        ["wat", file, out] => assemble(Path::new(file), Path::new(out)),
        ["exnref", file, out] => rewrite_exceptions(Path::new(file), Path::new(out)),
        _ => {
            eprintln!("usage: weft-spec-suite dir IN OUT | wat IN OUT | exnref IN OUT");
            std::process::exit(2);
        }
    };
    if let Err(e) = done {
        eprintln!("weft-spec-suite: {e}");
        std::process::exit(1);
    }
}

/// What can't be converted is only reported: a folder may hold what nothing here knows yet.
fn directory(dir: &Path, out: &Path) -> Result<()> {
    let mut files = Vec::new();
    collect(dir, &mut files)?;
    files.sort();
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
    }
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
