//! Rewrites the legacy form of exceptions (try, catch, delegate, rethrow) into that of Wasm 3.0 (try_table, throw_ref), for
//! tests: the compilers at hand write the legacy form only.
//!
//! A `try` becomes a block for each of its handlers, innermost the first one's, around a try_table that jumps to their
//! ends:
//!
//!     block $end                          try
//!       block $any (result exnref)
//!         block $t (result i32 exnref)
//!           try_table (catch_ref $tag $t) (catch_all_ref $any)
//!             ...                           ...
//!           end
//!           br $end
//!         end                             catch $tag
//!         local.set $caught
//!         ...                               ...
//!         br $end
//!       end                               catch_all
//!       local.set $caught
//!       local.get $caught  throw_ref        rethrow 0
//!     end                                 end
//!
//! `delegate` catches all and jumps out of a block that stands first in the body of its target, after which the exception is
//! thrown again. Blocks that take parameters don't occur in what compilers write, and are refused.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{BlockType, Catch, CodeSection, Function, Instruction, TypeSection, ValType};
use wasmparser::{FunctionBody, Operator, Parser, Payload, TypeRef};

#[derive(Debug)]
pub struct Unsupported(&'static str);
impl std::fmt::Display for Unsupported {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(self.0)
    }
}
impl std::error::Error for Unsupported {}

type Error = reencode::Error<Unsupported>;
type Result<T> = std::result::Result<T, Error>;

fn unsupported<T>(what: &'static str) -> Result<T> {
    Err(Error::UserError(Unsupported(what)))
}

pub fn rewrite(module: &[u8]) -> Result<Vec<u8>> {
    let mut rewriter = Rewriter::default();
    rewriter.survey(module)?;
    let mut out = wasm_encoder::Module::new();
    rewriter.parse_core_module(&mut out, Parser::new(0), module)?;
    Ok(out.finish())
}

#[derive(Default)]
struct Rewriter {
    /// The parameters of each type; None for what is no function type.
    types: Vec<Option<Vec<wasmparser::ValType>>>,
    tags: Vec<u32>,               // their types
    params: Vec<u32>,             // how many each function defined here has
    handlers: HashMap<u32, u32>,  // a tag's type -> the type of a block that ends with its values and an exnref
    next_body: usize,
}

impl Rewriter {
    /// What is needed before the sections are written in order.
    fn survey(&mut self, module: &[u8]) -> Result<()> {
        let mut functions = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter_err_on_gc_types() {
                        self.types.push(Some(ty?.params().to_vec()));
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        if let TypeRef::Tag(tag) = import?.ty {
                            self.tags.push(tag.func_type_idx);
                        }
                    }
                }
                Payload::TagSection(section) => {
                    for tag in section {
                        self.tags.push(tag?.func_type_idx);
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        functions.push(ty?);
                    }
                }
                _ => {}
            }
        }
        for ty in functions {
            self.params.push(self.types[ty as usize].as_ref().map_or(0, |params| params.len() as u32));
        }
        let mut next = self.types.len() as u32;
        for &ty in &self.tags {
            self.handlers.entry(ty).or_insert_with(|| {
                next += 1;
                next - 1
            });
        }
        Ok(())
    }

    fn try_type(&self, ty: wasmparser::BlockType) -> Result<BlockType> {
        if let wasmparser::BlockType::FuncType(index) = ty {
            if self.types[index as usize].as_ref().is_some_and(|params| !params.is_empty()) {
                return unsupported("a try with parameters");
            }
        }
        Ok(match ty {
            wasmparser::BlockType::Empty => BlockType::Empty,
            wasmparser::BlockType::FuncType(index) => BlockType::FunctionType(index),
            wasmparser::BlockType::Type(ty) => {
                BlockType::Result(ValType::try_from(ty).map_err(|_| Error::UserError(Unsupported("a type")))?)
            }
        })
    }
}

/// What the first pass over a body finds out about its `try`s, which are numbered in the order of the text; None is the
/// function itself.
#[derive(Default)]
struct Tries {
    clauses: Vec<Vec<Option<u32>>>, // the tags of the handlers, None for all
    delegates: Vec<bool>,           // whether it ends with `delegate`
    targets: HashSet<Option<usize>>, // of some delegate
    depth: u32,                     // the deepest nesting
}

/// A frame of the first pass.
struct Open {
    number: Option<usize>, // of a try
    in_handler: bool,
}

/// The try (or function) whose body an exception is thrown in that is delegated `depth` labels outwards.
fn target(frames: &[Open], depth: u32) -> Option<usize> {
    let reached = frames.len().saturating_sub(depth as usize);
    frames[..reached].iter().rev().find(|f| f.number.is_some() && !f.in_handler).and_then(|f| f.number)
}

fn survey_body(body: &FunctionBody) -> Result<Tries> {
    let mut tries = Tries::default();
    let mut frames: Vec<Open> = Vec::new();
    for op in body.get_operators_reader()? {
        match op? {
            Operator::Try { .. } => {
                frames.push(Open { number: Some(tries.clauses.len()), in_handler: false });
                tries.clauses.push(Vec::new());
                tries.delegates.push(false);
                tries.depth = tries.depth.max(frames.iter().filter(|f| f.number.is_some()).count() as u32);
            }
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                frames.push(Open { number: None, in_handler: false });
            }
            Operator::Catch { tag_index } => enter_handler(&mut frames, &mut tries, Some(tag_index)),
            Operator::CatchAll => enter_handler(&mut frames, &mut tries, None),
            Operator::Delegate { relative_depth } => {
                if let Some(Open { number: Some(number), .. }) = frames.pop() {
                    tries.delegates[number] = true;
                }
                tries.targets.insert(target(&frames, relative_depth));
            }
            Operator::End => {
                frames.pop();
            }
            _ => {}
        }
    }
    Ok(tries)
}

fn enter_handler(frames: &mut [Open], tries: &mut Tries, tag: Option<u32>) {
    if let Some(frame) = frames.last_mut() {
        frame.in_handler = true;
        if let Some(number) = frame.number {
            tries.clauses[number].push(tag);
        }
    }
}

/// A frame of the second pass. Labels are counted from outside, so that they don't change when others open and close.
struct Frame {
    open: Open,
    label: u32,             // where a branch to it goes
    caught: u32,            // the local that holds the exception of the handler
    redirect: Option<u32>,  // the label of the block whose exception is thrown again in this body
}

struct Body<'a> {
    out: &'a mut Function,
    labels: u32, // open in the output
}

impl Body<'_> {
    fn put(&mut self, instruction: Instruction) {
        self.out.instruction(&instruction);
    }
    fn open(&mut self, ty: BlockType) -> u32 {
        self.put(Instruction::Block(ty));
        self.labels += 1;
        self.labels - 1
    }
    fn close(&mut self) {
        self.put(Instruction::End);
        self.labels -= 1;
    }
    fn depth(&self, label: u32) -> u32 {
        self.labels - 1 - label
    }
    fn branch(&mut self, label: u32) {
        let depth = self.depth(label);
        self.put(Instruction::Br(depth));
    }
    /// The end of a body that exceptions are delegated to: they are thrown in it.
    fn close_redirect(&mut self, to: u32) {
        self.branch(to);
        self.close();
        self.put(Instruction::ThrowRef);
    }
}

impl Reencode for Rewriter {
    type Error = Unsupported;

    fn parse_type_section(&mut self, types: &mut TypeSection, section: wasmparser::TypeSectionReader<'_>) -> Result<()> {
        reencode::utils::parse_type_section(self, types, section)?;
        let mut added: Vec<_> = self.handlers.iter().map(|(&of, &index)| (index, of)).collect();
        added.sort_unstable();
        for (_, of) in added {
            let params = self.types[of as usize].clone().unwrap_or_default();
            let mut results = Vec::new();
            for ty in params {
                results.push(self.val_type(ty)?);
            }
            results.push(ValType::EXNREF);
            types.ty().function([], results);
        }
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Result<()> {
        let tries = survey_body(&body)?;
        let params = self.params[self.next_body];
        self.next_body += 1;
        let mut locals = Vec::new();
        let mut count = params;
        for group in body.get_locals_reader()? {
            let (n, ty) = group?;
            locals.push((n, self.val_type(ty)?));
            count += n;
        }
        locals.push((tries.depth, ValType::EXNREF));
        let mut function = Function::new(locals);
        let mut out = Body { out: &mut function, labels: 1 };

        let mut frames: Vec<Frame> = Vec::new();
        let redirect = tries.targets.contains(&None).then(|| out.open(BlockType::Result(ValType::EXNREF)));
        frames.push(Frame { open: Open { number: None, in_handler: false }, label: 0, caught: 0, redirect });
        let mut started = 0;
        let mut depth = 0; // of tries
        for op in body.get_operators_reader()? {
            let op = op?;
            match op {
                Operator::Try { blockty } => {
                    let number = started;
                    started += 1;
                    let ty = self.try_type(blockty)?;
                    let label = out.open(ty);
                    let clauses = &tries.clauses[number];
                    let delegates = tries.delegates[number];
                    let mut blocks = Vec::new();
                    if delegates {
                        blocks.push(out.open(BlockType::Result(ValType::EXNREF)));
                    }
                    for clause in clauses.iter().rev() {
                        blocks.push(out.open(match clause {
                            Some(tag) => BlockType::FunctionType(self.handlers[&self.tags[*tag as usize]]),
                            None => BlockType::Result(ValType::EXNREF),
                        }));
                    }
                    let mut catches = Vec::new();
                    if delegates {
                        catches.push(Catch::AllRef { label: out.depth(blocks[0]) });
                    }
                    for (clause, &block) in clauses.iter().zip(blocks.iter().rev()) {
                        let label = out.depth(block);
                        catches.push(match *clause {
                            Some(tag) => Catch::OneRef { tag, label },
                            None => Catch::AllRef { label },
                        });
                    }
                    out.put(Instruction::TryTable(ty, Cow::Owned(catches)));
                    out.labels += 1;
                    let redirect = tries.targets.contains(&Some(number)).then(|| out.open(BlockType::Result(ValType::EXNREF)));
                    let open = Open { number: Some(number), in_handler: false };
                    frames.push(Frame { open, label, caught: count + depth, redirect });
                    depth += 1;
                }
                Operator::Catch { .. } | Operator::CatchAll => {
                    let Some(frame) = frames.last_mut() else { return unsupported("a handler of nothing") };
                    if !frame.open.in_handler {
                        close_body(&mut out, frame);
                        frame.open.in_handler = true;
                    }
                    out.branch(frame.label);
                    out.close();
                    out.put(Instruction::LocalSet(frame.caught));
                }
                Operator::Delegate { relative_depth } => {
                    let Some(frame) = frames.pop() else { return unsupported("a delegate of nothing") };
                    depth -= 1;
                    close_body(&mut out, &frame);
                    out.branch(frame.label);
                    out.close();
                    // To the body of the nearest try there, or of the function.
                    let reached = frames.len() - relative_depth as usize;
                    let to = frames[..reached].iter().rev().find_map(|f| {
                        let catches = f.open.number.is_some() && !f.open.in_handler;
                        if catches { f.redirect } else { None }
                    });
                    let Some(to) = to.or(frames[0].redirect) else { return unsupported("a delegate without target") };
                    out.branch(to);
                    out.close();
                }
                Operator::Rethrow { relative_depth } => {
                    let frame = &frames[frames.len() - 1 - relative_depth as usize];
                    out.put(Instruction::LocalGet(frame.caught));
                    out.put(Instruction::ThrowRef);
                }
                Operator::End => {
                    let Some(frame) = frames.pop() else { return unsupported("an end of nothing") };
                    if frame.open.number.is_some() {
                        depth -= 1;
                        if !frame.open.in_handler {
                            close_body(&mut out, &frame); // a try without handlers
                        }
                    } else if let Some(redirect) = frame.redirect {
                        debug_assert_eq!(redirect, 1);
                        out.close_redirect(0);
                    }
                    out.close();
                }
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                    let instruction = self.instruction(op)?;
                    out.put(instruction);
                    let label = out.labels;
                    out.labels += 1;
                    let open = Open { number: None, in_handler: false };
                    frames.push(Frame { open, label, caught: 0, redirect: None });
                }
                Operator::Br { relative_depth } => {
                    let depth = out.depth(label_of(&frames, relative_depth));
                    out.put(Instruction::Br(depth));
                }
                Operator::BrIf { relative_depth } => {
                    let depth = out.depth(label_of(&frames, relative_depth));
                    out.put(Instruction::BrIf(depth));
                }
                Operator::BrTable { targets } => {
                    let mut depths = Vec::new();
                    for target in targets.targets() {
                        depths.push(out.depth(label_of(&frames, target?)));
                    }
                    let default = out.depth(label_of(&frames, targets.default()));
                    out.put(Instruction::BrTable(depths.into(), default));
                }
                Operator::TryTable { .. } | Operator::BrOnNull { .. } | Operator::BrOnNonNull { .. } => {
                    return unsupported("branches of Wasm 3.0 beside legacy exceptions");
                }
                op => {
                    let instruction = self.instruction(op)?;
                    out.put(instruction);
                }
            }
        }
        code.function(&function);
        Ok(())
    }
}

fn label_of(frames: &[Frame], depth: u32) -> u32 {
    frames[frames.len() - 1 - depth as usize].label
}

/// Ends the try_table of a frame, and first the block for what is delegated to it.
fn close_body(out: &mut Body, frame: &Frame) {
    if let Some(redirect) = frame.redirect {
        out.close_redirect(redirect - 1); // the try_table is right around it
    }
    out.close();
}
