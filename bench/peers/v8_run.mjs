// Runs a WASI program on V8: node --no-warnings --experimental-wasi-unstable-preview1 v8_run.mjs FILE.wasm
// (newer versions need no such option)
//
// The CPU time of the program alone, its compilation while it runs included, goes to the file that compare.py names.
import fs from "node:fs";
import { WASI } from "node:wasi";

const file = process.argv[2];
const wasi = new WASI({ version: "preview1", args: [file] });
const module = new WebAssembly.Module(fs.readFileSync(file));
const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.wasiImport });
const begin = process.cpuUsage();
process.exitCode = wasi.start(instance);
const { user } = process.cpuUsage(begin);
const seconds = process.env.WEFT_BENCH_SECONDS;
if (seconds) fs.writeFileSync(seconds, `${user / 1e6}\n`);
