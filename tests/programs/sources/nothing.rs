// There is nothing to compile: cargo only fetches what Cargo.toml names.
