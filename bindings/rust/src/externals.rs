//! Globals, tables and memories.

use wasm_runtime_layer::backend::{
    AsContext, AsContextMut, Extern, Ref, Val, WasmGlobal, WasmMemory, WasmTable,
};
use wasm_runtime_layer::{GlobalType, MemoryType, RefType, TableType};

use crate::engine::Engine;
use crate::error::{check_own, Error, ErrorCode};
use crate::externref::ExternRef;
use crate::func::Func;
use crate::object::Owned;
use crate::store::{Context, Handle};
use crate::sys;
use crate::types::{
    global_type_from_c, global_type_to_c, memory_type_from_c, memory_type_to_c, table_type_from_c,
    table_type_to_c,
};
use crate::value::{lend, lend_ref, take, ZERO};

/// A global variable in a store. Clones are the same variable.
#[derive(Clone, Debug)]
pub struct Global(pub(crate) Handle<sys::wasm_global_t>);

impl Global {
    /// A new global. Fails if the value is of another store.
    pub fn try_new(
        mut ctx: impl AsContextMut<Engine>,
        value: &Val<Engine>,
        mutable: bool,
    ) -> Result<Self, Error> {
        let ctx = ctx.as_context_mut();
        let store = ctx.id();
        let ty = global_type_to_c(GlobalType::new(value.ty(), mutable));
        let value = lend(value, store)?;
        let mut raw = std::ptr::null_mut();
        // SAFETY: the store is the context's; type and value are lent; the global is ours.
        unsafe {
            check_own(sys::weft_global_new(ctx.raw(), ty.get(), &raw const value, &raw mut raw))?;
            Ok(Self(Handle::take(raw, store)))
        }
    }
}

impl WasmGlobal<Engine> for Global {
    /// # Panics
    ///
    /// If [`Global::try_new`] fails.
    fn new(ctx: impl AsContextMut<Engine>, value: Val<Engine>, mutable: bool) -> Self {
        Self::try_new(ctx, &value, mutable)
            .unwrap_or_else(|error| panic!("a global could not be made: {error}"))
    }

    /// # Panics
    ///
    /// If the global is of another store.
    fn ty(&self, ctx: impl AsContext<Engine>) -> GlobalType {
        let ctx = ctx.as_context();
        let ty = self.0.get(&ctx).and_then(|raw| {
            // SAFETY: the global is alive; the type is ours.
            unsafe {
                let ty = Owned::new(sys::wasm_global_type(raw));
                global_type_from_c(ty.get())
            }
        });
        ty.unwrap_or_else(|error| panic!("{error}"))
    }

    fn set(
        &self,
        mut ctx: impl AsContextMut<Engine>,
        new_value: Val<Engine>,
    ) -> anyhow::Result<()> {
        let ctx = ctx.as_context_mut();
        let store = ctx.id();
        let raw = self.0.get_in(store)?;
        let value = lend(&new_value, store)?;
        // SAFETY: the global is alive; the value is lent.
        unsafe { Ok(check_own(sys::weft_global_set(raw, &raw const value))?) }
    }

    /// # Panics
    ///
    /// If the global is of another store.
    fn get(&self, mut ctx: impl AsContextMut<Engine>) -> Val<Engine> {
        let ctx = ctx.as_context_mut();
        let store = ctx.id();
        let value = self.0.get_in(store).and_then(|raw| {
            let mut value = ZERO;
            // SAFETY: the global is alive; the value is ours.
            unsafe {
                check_own(sys::weft_global_get(raw, &raw mut value))?;
                take(&value, store)
            }
        });
        value.unwrap_or_else(|error| panic!("{error}"))
    }
}

/// A table in a store. Clones are the same table.
#[derive(Clone, Debug)]
pub struct Table(pub(crate) Handle<sys::wasm_table_t>);

impl WasmTable<Engine> for Table {
    fn new(
        mut ctx: impl AsContextMut<Engine>,
        ty: TableType,
        init: Ref<Engine>,
    ) -> anyhow::Result<Self> {
        let ctx = ctx.as_context_mut();
        let store = ctx.id();
        expect_type(ty.element(), &init)?;
        let (ty, init) = (table_type_to_c(ty), lend_ref(&init, store)?);
        let mut raw = std::ptr::null_mut();
        // SAFETY: the store is the context's; type and reference are lent; the table is ours.
        unsafe {
            check_own(sys::weft_table_new(ctx.raw(), ty.get(), init, &raw mut raw))?;
            Ok(Self(Handle::take(raw, store)))
        }
    }

    /// # Panics
    ///
    /// If the table is of another store.
    fn ty(&self, ctx: impl AsContext<Engine>) -> TableType {
        let ctx = ctx.as_context();
        self.0.get(&ctx).and_then(|raw| table_type(raw)).unwrap_or_else(|error| panic!("{error}"))
    }

    /// # Panics
    ///
    /// If the table is of another store.
    fn size(&self, ctx: impl AsContext<Engine>) -> u32 {
        let ctx = ctx.as_context();
        let size = self.0.get(&ctx).and_then(|raw| {
            let mut size = 0;
            // SAFETY: the table is alive.
            unsafe { check_own(sys::weft_table_size(raw, &raw mut size))? };
            Ok(size)
        });
        narrow(size.unwrap_or_else(|error| panic!("{error}")))
    }

    fn grow(
        &self,
        mut ctx: impl AsContextMut<Engine>,
        delta: u32,
        init: Ref<Engine>,
    ) -> anyhow::Result<u32> {
        let ctx = ctx.as_context_mut();
        let store = ctx.id();
        let raw = self.0.get_in(store)?;
        expect_type(table_type(raw)?.element(), &init)?;
        let init = lend_ref(&init, store)?;
        let mut before = 0;
        // SAFETY: the table is alive; the reference is lent.
        unsafe { check_own(sys::weft_table_grow(raw, delta.into(), init, &raw mut before))? };
        Ok(narrow(before))
    }

    /// # Panics
    ///
    /// If the table is of another store.
    fn get(&self, mut ctx: impl AsContextMut<Engine>, index: u32) -> Option<Ref<Engine>> {
        let ctx = ctx.as_context_mut();
        let store = ctx.id();
        let element = self.0.get_in(store).and_then(|raw| {
            let mut element = std::ptr::null_mut();
            // SAFETY: the table is alive; the element is ours.
            match unsafe { check_own(sys::weft_table_get(raw, index.into(), &raw mut element)) } {
                Err(error) if error.code() == ErrorCode::OutOfBounds => Ok(None),
                Err(error) => Err(error),
                Ok(()) => Ok(Some((element, table_type(raw)?.element()))),
            }
        });
        let (element, ty) = element.unwrap_or_else(|error| panic!("{error}"))?;
        // SAFETY: the element is ours, and of the table's type.
        Some(unsafe {
            match ty {
                RefType::FuncRef => Ref::FuncRef(Func::take(element, store)),
                RefType::ExternRef => Ref::ExternRef(ExternRef::take(element, store)),
            }
        })
    }

    fn set(
        &self,
        mut ctx: impl AsContextMut<Engine>,
        index: u32,
        elem: Ref<Engine>,
    ) -> anyhow::Result<()> {
        let ctx = ctx.as_context_mut();
        let store = ctx.id();
        let raw = self.0.get_in(store)?;
        expect_type(table_type(raw)?.element(), &elem)?;
        let value = lend_ref(&elem, store)?;
        // SAFETY: the table is alive; the reference is lent.
        unsafe { Ok(check_own(sys::weft_table_set(raw, index.into(), value))?) }
    }
}

/// The type of a table that is alive.
fn table_type(raw: *const sys::wasm_table_t) -> Result<TableType, Error> {
    // SAFETY: the table is alive; the type is ours.
    unsafe {
        let ty = Owned::new(sys::wasm_table_type(raw));
        table_type_from_c(ty.get())
    }
}

/// Nulls, too, are of one type; the C API knows one null for all.
fn expect_type(expected: RefType, value: &Ref<Engine>) -> Result<(), Error> {
    if value.ty() == expected {
        return Ok(());
    }
    let message = format!("the table's elements are {expected}, not {}", value.ty());
    Err(Error::new(ErrorCode::TypeMismatch, &message))
}

/// A size whose type has 32 bits, as all that get here have.
fn narrow(size: u64) -> u32 {
    u32::try_from(size).expect("a size of a type with 32-bit limits")
}

/// A linear memory in a store. Clones are the same memory.
#[derive(Clone, Debug)]
pub struct Memory(pub(crate) Handle<sys::wasm_memory_t>);

impl From<&wasm_runtime_layer::Memory> for Memory {
    /// The memory behind `wasm_runtime_layer`'s.
    ///
    /// # Panics
    ///
    /// If that is another backend's.
    fn from(memory: &wasm_runtime_layer::Memory) -> Self {
        let memory = wasm_runtime_layer::Extern::Memory(memory.clone());
        Extern::<Engine>::from(&memory).into_memory().expect("a memory is one in every backend")
    }
}

impl Memory {
    /// The bytes in place, as long as the store is borrowed. Fails if the memory is of another store.
    pub fn data<'a>(&self, ctx: &'a impl AsContext<Engine>) -> Result<&'a [u8], Error> {
        let (data, size) = self.bytes(&ctx.as_context())?;
        if size == 0 {
            return Ok(&[]);
        }
        // SAFETY: there are so many bytes. They move and change only when somebody borrows the store mutably.
        Ok(unsafe { std::slice::from_raw_parts(data, size) })
    }

    /// The bytes in place, to be changed. Fails if the memory is of another store.
    pub fn data_mut<'a>(
        &self,
        ctx: &'a mut impl AsContextMut<Engine>,
    ) -> Result<&'a mut [u8], Error> {
        let (data, size) = self.bytes(&ctx.as_context_mut())?;
        if size == 0 {
            return Ok(&mut []);
        }
        // SAFETY: as in `data`; nobody else borrows the store.
        Ok(unsafe { std::slice::from_raw_parts_mut(data, size) })
    }

    /// Where the bytes are, and how many.
    fn bytes(&self, ctx: &impl Context) -> Result<(*mut u8, usize), Error> {
        let raw = self.0.get(ctx)?;
        let (mut data, mut size) = (std::ptr::null_mut(), 0);
        // SAFETY: the memory is alive.
        unsafe { check_own(sys::weft_memory_data(raw, &raw mut data, &raw mut size))? };
        Ok((data, usize::try_from(size).expect("bytes in place have addresses")))
    }
}

impl WasmMemory<Engine> for Memory {
    fn new(mut ctx: impl AsContextMut<Engine>, ty: MemoryType) -> anyhow::Result<Self> {
        let ctx = ctx.as_context_mut();
        let ty = memory_type_to_c(ty);
        let mut raw = std::ptr::null_mut();
        // SAFETY: the store is the context's; the type is lent; the memory is ours.
        unsafe {
            check_own(sys::weft_memory_new(ctx.raw(), ty.get(), &raw mut raw))?;
            Ok(Self(Handle::take(raw, ctx.id())))
        }
    }

    /// # Panics
    ///
    /// If the memory is of another store.
    fn ty(&self, ctx: impl AsContext<Engine>) -> MemoryType {
        let ctx = ctx.as_context();
        let ty = self.0.get(&ctx).and_then(|raw| {
            // SAFETY: the memory is alive; the type is ours.
            unsafe {
                let ty = Owned::new(sys::wasm_memory_type(raw));
                memory_type_from_c(ty.get())
            }
        });
        ty.unwrap_or_else(|error| panic!("{error}"))
    }

    fn grow(&self, mut ctx: impl AsContextMut<Engine>, additional: u32) -> anyhow::Result<u32> {
        let ctx = ctx.as_context_mut();
        let raw = self.0.get(&ctx)?;
        let mut before = 0;
        // SAFETY: the memory is alive.
        unsafe { check_own(sys::weft_memory_grow(raw, additional.into(), &raw mut before))? };
        Ok(narrow(before))
    }

    /// # Panics
    ///
    /// If the memory is of another store.
    fn current_pages(&self, ctx: impl AsContext<Engine>) -> u32 {
        let ctx = ctx.as_context();
        let pages = self.0.get(&ctx).and_then(|raw| {
            let mut pages = 0;
            // SAFETY: the memory is alive.
            unsafe { check_own(sys::weft_memory_pages(raw, &raw mut pages))? };
            Ok(pages)
        });
        narrow(pages.unwrap_or_else(|error| panic!("{error}")))
    }

    fn read(
        &self,
        ctx: impl AsContext<Engine>,
        offset: usize,
        buffer: &mut [u8],
    ) -> anyhow::Result<()> {
        let ctx = ctx.as_context();
        let raw = self.0.get(&ctx)?;
        // SAFETY: the memory is alive; the buffer has so many bytes.
        unsafe {
            Ok(check_own(sys::weft_memory_read(
                raw,
                offset as u64,
                buffer.as_mut_ptr().cast(),
                buffer.len(),
            ))?)
        }
    }

    fn write(
        &self,
        mut ctx: impl AsContextMut<Engine>,
        offset: usize,
        buffer: &[u8],
    ) -> anyhow::Result<()> {
        let ctx = ctx.as_context_mut();
        let raw = self.0.get(&ctx)?;
        // SAFETY: as in `read`.
        unsafe {
            Ok(check_own(sys::weft_memory_write(
                raw,
                offset as u64,
                buffer.as_ptr().cast(),
                buffer.len(),
            ))?)
        }
    }
}
