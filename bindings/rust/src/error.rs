//! Failures: codes, traps, the guest's stack, and the way of a host's own error through a guest.

use std::any::Any;
use std::ffi::c_void;
use std::fmt;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};

use crate::object::Owned;
use crate::sys;

/// Enumerations whose numbers are those of the C API.
macro_rules! codes {
    ($(#[$attribute:meta])* $name:ident { $($(#[doc = $doc:literal])* $value:ident = $c:ident,)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum $name {
            $($(#[doc = $doc])* $value,)*
        }

        impl $name {
            /// All of them, by their numbers.
            const ALL: &'static [Self] = &[$(Self::$value,)*];

            /// By the C API's number.
            fn from_c(number: u8) -> Option<Self> {
                Self::ALL.get(usize::from(number)).copied()
            }

            /// The C API's names, by their numbers.
            #[cfg(test)]
            pub(crate) const C_NAMES: &'static [&'static str] = &[$(stringify!($c),)*];
        }
    };
}

codes! {
    /// What kind of failure an [`Error`] is.
    ErrorCode {
        /// The bytes are no WebAssembly module; see [`Error::byte_offset`].
        Malformed = WEFT_ERRC_MALFORMED,
        /// The module breaks a validation rule; see [`Error::byte_offset`].
        Invalid = WEFT_ERRC_INVALID,
        /// The engine lacks what was asked for, it is switched off, or `wasm_runtime_layer` has no words for it.
        Unsupported = WEFT_ERRC_UNSUPPORTED,
        /// Imports are missing or of the wrong type.
        Link = WEFT_ERRC_LINK,
        /// There is nothing of that name.
        NotFound = WEFT_ERRC_NOT_FOUND,
        /// Values or objects of a wrong type or number.
        TypeMismatch = WEFT_ERRC_TYPE_MISMATCH,
        /// An object was used with another store than its own.
        WrongStore = WEFT_ERRC_WRONG_STORE,
        /// A host's access outside a memory or a table.
        OutOfBounds = WEFT_ERRC_OUT_OF_BOUNDS,
        /// A limit of the engine or the store was reached.
        Limit = WEFT_ERRC_LIMIT,
        /// The guest trapped; see [`Error::trap_code`] and [`Error::frames`].
        Trap = WEFT_ERRC_TRAP,
        /// The guest threw an exception that nothing caught.
        Exception = WEFT_ERRC_EXCEPTION,
        /// The guest ended itself; see [`Error::exit_status`].
        Exit = WEFT_ERRC_EXIT,
        /// The guest was stopped by an [`InterruptHandle`](crate::InterruptHandle).
        Interrupted = WEFT_ERRC_INTERRUPTED,
        /// The store's fuel ran out.
        OutOfFuel = WEFT_ERRC_OUT_OF_FUEL,
        /// A host function failed. Its own error is the next one of the chain, and can be downcast to.
        Host = WEFT_ERRC_HOST,
        /// The operating system refused; see [`Error::os_error`].
        Io = WEFT_ERRC_IO,
        /// The API was used wrongly.
        Usage = WEFT_ERRC_USAGE,
    }
}

codes! {
    /// Why a guest trapped.
    TrapCode {
        /// The instruction `unreachable`.
        Unreachable = WEFT_TRAP_UNREACHABLE,
        /// A division by zero.
        IntegerDivideByZero = WEFT_TRAP_INTEGER_DIVIDE_BY_ZERO,
        /// A quotient or a conversion that its type can't hold.
        IntegerOverflow = WEFT_TRAP_INTEGER_OVERFLOW,
        /// A conversion of a NaN.
        InvalidConversionToInteger = WEFT_TRAP_INVALID_CONVERSION_TO_INTEGER,
        /// An access outside a memory.
        MemoryOutOfBounds = WEFT_TRAP_MEMORY_OUT_OF_BOUNDS,
        /// An access outside a table.
        TableOutOfBounds = WEFT_TRAP_TABLE_OUT_OF_BOUNDS,
        /// An indirect call outside a table.
        UndefinedElement = WEFT_TRAP_UNDEFINED_ELEMENT,
        /// An indirect call of a null element.
        UninitializedElement = WEFT_TRAP_UNINITIALIZED_ELEMENT,
        /// An indirect call of a function of another type.
        IndirectCallTypeMismatch = WEFT_TRAP_INDIRECT_CALL_TYPE_MISMATCH,
        /// A null where a reference is needed.
        NullReference = WEFT_TRAP_NULL_REFERENCE,
        /// A null where a function is needed.
        NullFunctionReference = WEFT_TRAP_NULL_FUNCTION_REFERENCE,
        /// A null where a structure is needed.
        NullStructureReference = WEFT_TRAP_NULL_STRUCTURE_REFERENCE,
        /// A null where an array is needed.
        NullArrayReference = WEFT_TRAP_NULL_ARRAY_REFERENCE,
        /// A null where an i31 is needed.
        NullI31Reference = WEFT_TRAP_NULL_I31_REFERENCE,
        /// A null where an exception is needed.
        NullExceptionReference = WEFT_TRAP_NULL_EXCEPTION_REFERENCE,
        /// An access outside an array.
        ArrayOutOfBounds = WEFT_TRAP_ARRAY_OUT_OF_BOUNDS,
        /// A cast to a type that the object isn't of.
        CastFailure = WEFT_TRAP_CAST_FAILURE,
        /// An atomic access to an address that isn't a multiple of its size.
        UnalignedAtomic = WEFT_TRAP_UNALIGNED_ATOMIC,
        /// A wait in a memory that isn't shared.
        ExpectedSharedMemory = WEFT_TRAP_EXPECTED_SHARED_MEMORY,
        /// Calls nested too deeply.
        CallStackExhausted = WEFT_TRAP_CALL_STACK_EXHAUSTED,
        /// No room for a garbage-collected object.
        OutOfMemory = WEFT_TRAP_OUT_OF_MEMORY,
    }
}

impl fmt::Display for ErrorCode {
    /// The code's name, such as `wrong_store`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: any number may be asked for; the text is static.
        f.write_str(&unsafe { text(sys::weft_errc_name(*self as u8)) })
    }
}

impl fmt::Display for TrapCode {
    /// The text of the trap, such as `integer divide by zero`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: any number may be asked for; the text is static.
        f.write_str(&unsafe { text(sys::weft_trap_text(*self as u8)) })
    }
}

/// One function of the guest's stack when an error arose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// In the module's function index space, imports included.
    pub func_index: u32,
    /// From the name section.
    pub func_name: Option<String>,
    /// From the name section.
    pub module_name: Option<String>,
    /// Bytes from the module's start to the instruction.
    pub module_offset: u64,
    /// Bytes from the function's body to the instruction.
    pub func_offset: u64,
}

/// A failure of Weft's, or of what runs on it.
///
/// It is what [`anyhow::Error::downcast_ref`] finds in the errors of `wasm_runtime_layer`. A host function that returns one,
/// as it got it from a guest or as it made it, fails with just that: its code, trap, exit status and frames are those of the
/// outer call's error.
///
/// When a host function returns an error of another type, the call's error is that one, with an [`Error`] of the code
/// [`ErrorCode::Host`] as its context: both can be downcast to.
pub struct Error {
    raw: Owned<sys::weft_error_t>,
    /// Of guests that called the one that failed, through the host: what their stacks are in.
    callers: Vec<Owned<sys::weft_error_t>>,
}

impl Error {
    /// A failure of that kind.
    pub fn new(code: ErrorCode, message: &str) -> Self {
        // SAFETY: the message is lent for the call; the result is ours.
        unsafe { Self::take(sys::weft_error_new(code as u8, lend(message))) }
    }

    /// A trap, for host functions to return. Its text is the code's, followed by `": "` and `detail` if that isn't empty.
    pub fn trap(code: TrapCode, detail: &str) -> Self {
        // SAFETY: as in `new`.
        unsafe { Self::take(sys::weft_error_new_trap(code as u8, lend(detail))) }
    }

    /// The end of the guest, as by WASI's `proc_exit`, for host functions to return.
    pub fn exit(status: i32) -> Self {
        // SAFETY: as in `new`.
        unsafe { Self::take(sys::weft_error_new_exit(status)) }
    }

    /// What kind of failure it is.
    pub fn code(&self) -> ErrorCode {
        // SAFETY: the error is alive.
        let code = unsafe { sys::weft_error_code(self.raw.get()) };
        ErrorCode::from_c(code).unwrap_or(ErrorCode::Usage)
    }

    /// Why the guest trapped, for [`ErrorCode::Trap`].
    pub fn trap_code(&self) -> Option<TrapCode> {
        // SAFETY: the error is alive, and `out` a place for the value.
        ask(|out| unsafe { sys::weft_error_trap_code(self.raw.get(), out) })
            .and_then(TrapCode::from_c)
    }

    /// What the guest ended with, for [`ErrorCode::Exit`].
    pub fn exit_status(&self) -> Option<i32> {
        // SAFETY: as in `trap_code`.
        ask(|out| unsafe { sys::weft_error_exit_status(self.raw.get(), out) })
    }

    /// Where in the module's bytes the mistake is, for [`ErrorCode::Malformed`] and [`ErrorCode::Invalid`].
    pub fn byte_offset(&self) -> Option<u64> {
        // SAFETY: as in `trap_code`.
        ask(|out| unsafe { sys::weft_error_byte_offset(self.raw.get(), out) })
    }

    /// The operating system's number of the error, for [`ErrorCode::Io`].
    pub fn os_error(&self) -> Option<i32> {
        // SAFETY: as in `trap_code`.
        ask(|out| unsafe { sys::weft_error_os_error(self.raw.get(), out) })
    }

    /// The guest's stack, innermost first. Empty if the guest didn't run, and without [`Config::backtraces`].
    ///
    /// [`Config::backtraces`]: crate::Config::backtraces
    pub fn frames(&self) -> Vec<Frame> {
        self.parts().flat_map(frames_of).collect()
    }

    /// The message, then a line for each frame. For people to read.
    pub fn describe(&self) -> String {
        let mut parts = self.parts().map(|error| {
            // SAFETY: the error is alive.
            take_bytes(|out| unsafe { sys::weft_error_describe(error.get(), out) })
        });
        let mut text = parts.next().unwrap_or_default();
        for caller in parts {
            // Without the message.
            text.extend(caller.lines().skip(1).flat_map(|line| ["\n", line]));
        }
        text
    }

    /// What the guest's whole stack is in.
    fn parts(&self) -> impl Iterator<Item = &Owned<sys::weft_error_t>> {
        std::iter::once(&self.raw).chain(&self.callers)
    }

    /// What the C API gave.
    ///
    /// # Safety
    ///
    /// The error is the caller's.
    unsafe fn take(raw: *mut sys::weft_error_t) -> Self {
        // SAFETY: promised by the caller.
        Self { raw: unsafe { Owned::new(raw) }, callers: Vec::new() }
    }

    /// The C API's object, given away.
    pub(crate) fn release(self) -> *mut sys::weft_error_t {
        self.raw.release()
    }
}

/// The frames in an error of the C API's.
fn frames_of(error: &Owned<sys::weft_error_t>) -> Vec<Frame> {
    // SAFETY: the error is alive.
    let count = unsafe { sys::weft_error_frame_count(error.get()) };
    let frame = |index| {
        let mut frame = std::mem::MaybeUninit::uninit();
        // SAFETY: the error is alive; the frame is written if there is one, and its names live as long as the error.
        unsafe {
            if !sys::weft_error_frame(error.get(), index, frame.as_mut_ptr()) {
                return None;
            }
            let frame = frame.assume_init();
            let name = |name| Some(text(name)).filter(|name| !name.is_empty());
            Some(Frame {
                func_index: frame.func_index,
                func_name: name(frame.func_name),
                module_name: name(frame.module_name),
                module_offset: frame.module_offset,
                func_offset: frame.func_offset,
            })
        }
    };
    (0..count).filter_map(frame).collect()
}

impl fmt::Display for Error {
    /// The message, without the guest's stack.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: the error is alive, and so is its message.
        f.write_str(&unsafe { text(sys::weft_error_message(self.raw.get())) })
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("code", &self.code())
            .field("message", &self.to_string())
            .field("frames", &self.frames())
            .finish()
    }
}

impl std::error::Error for Error {}

impl Clone for Error {
    fn clone(&self) -> Self {
        // SAFETY: the error is alive; the result is ours.
        let copy = |error: &Owned<_>| unsafe { Owned::new(sys::weft_error_copy(error.get())) };
        Self { raw: copy(&self.raw), callers: self.callers.iter().map(copy).collect() }
    }
}

/// What a host function failed with: the payload of the C API's error.
enum HostFailure {
    /// It returned this.
    Error(anyhow::Error),
    /// It panicked with this.
    Panic(Box<dyn Any + Send>),
}

/// Drops a payload, and tells by its address whose the payload is.
unsafe extern "C" fn drop_host_failure(payload: *mut c_void) {
    // SAFETY: it is the payload that `fail_host` gave.
    drop_quietly(|| drop(unsafe { Box::from_raw(payload.cast::<HostFailure>()) }));
}

/// The one address of the function above.
static HOST_FAILURE: sys::Finalizer = Some(drop_host_failure);

/// An error with a payload.
fn fail_host(failure: HostFailure) -> *mut sys::weft_error_t {
    let payload = Box::into_raw(Box::new(failure)).cast();
    // SAFETY: the text is lent for the call; the payload goes with the function that drops it.
    unsafe { sys::weft_error_new_host(lend("a host function failed"), payload, HOST_FAILURE) }
}

/// What a callback returns for its host function's result, or for a panic of it.
pub(crate) fn to_c(result: std::thread::Result<anyhow::Result<()>>) -> *mut sys::weft_error_t {
    match result {
        Ok(Ok(())) => std::ptr::null_mut(),
        // An error of ours that isn't another one's context goes on as it is.
        Ok(Err(error)) if error.is::<Error>() && error.chain().len() == 1 => {
            match error.downcast::<Error>() {
                Ok(error) => error.release(),
                Err(error) => fail_host(HostFailure::Error(error)),
            }
        }
        Ok(Err(error)) => fail_host(HostFailure::Error(error)),
        Err(panic) => fail_host(HostFailure::Panic(panic)),
    }
}

/// What an error of the C API is here. A host function's panic goes on.
///
/// # Safety
///
/// The error is the caller's.
unsafe fn from_c(error: *mut sys::weft_error_t) -> anyhow::Error {
    // SAFETY: promised by the caller.
    let error = unsafe { Error::take(error) };
    // SAFETY: the error is alive, and only here.
    let payload = unsafe { sys::weft_error_take_payload(error.raw.get(), HOST_FAILURE) };
    if payload.is_null() {
        return error.into();
    }
    // SAFETY: a payload with our finalizer is `fail_host`'s, and ours again.
    match *unsafe { Box::from_raw(payload.cast::<HostFailure>()) } {
        HostFailure::Panic(panic) => resume_unwind(panic),
        HostFailure::Error(mut host) => match host.downcast_mut::<Error>() {
            // It was an inner guest's, and came through the host.
            Some(inner) => {
                inner.callers.push(error.raw);
                host
            }
            None => host.context(error),
        },
    }
}

/// The result of a function of the C API.
///
/// # Safety
///
/// The error, or null, is the caller's.
pub(crate) unsafe fn check(error: *mut sys::weft_error_t) -> anyhow::Result<()> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: promised by the caller.
    Err(unsafe { from_c(error) })
}

/// As [`check`], for what no host function takes part in.
///
/// # Safety
///
/// As for [`check`].
pub(crate) unsafe fn check_own(error: *mut sys::weft_error_t) -> Result<(), Error> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: promised by the caller.
    Err(unsafe { Error::take(error) })
}

/// Drops something inside a finalizer, which no panic may leave: it ends here.
pub(crate) fn drop_quietly(drop: impl FnOnce()) {
    let Err(panic) = catch_unwind(AssertUnwindSafe(drop)) else { return };
    // What it panicked with may panic when it is dropped, and so on: once is enough.
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| std::mem::drop(panic))) {
        std::mem::forget(another);
    }
}

/// A value that a function of the C API may write.
pub(crate) fn ask<T: Default>(function: impl FnOnce(*mut T) -> bool) -> Option<T> {
    let mut value = T::default();
    function(&raw mut value).then_some(value)
}

/// A text, lent to the C API for a call.
pub(crate) fn lend(text: &str) -> sys::weft_str_t {
    sys::weft_str_t { data: text.as_ptr().cast(), size: text.len() }
}

/// A copy of the C API's text.
///
/// # Safety
///
/// The text is alive.
unsafe fn text(text: sys::weft_str_t) -> String {
    // SAFETY: promised by the caller.
    unsafe { utf8(text.data, text.size) }
}

/// A copy of UTF-8.
///
/// # Safety
///
/// There are so many bytes, or none at all.
pub(crate) unsafe fn utf8(data: *const std::ffi::c_char, size: usize) -> String {
    if size == 0 {
        return String::new();
    }
    // SAFETY: promised by the caller.
    let bytes = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), size) };
    String::from_utf8_lossy(bytes).into_owned()
}

/// The text that a function of the C API writes into a vector.
pub(crate) fn take_bytes(function: impl FnOnce(*mut sys::wasm_byte_vec_t)) -> String {
    let mut bytes = sys::wasm_byte_vec_t { size: 0, data: std::ptr::null_mut() };
    function(&raw mut bytes);
    // SAFETY: the vector is whole, and ours to delete.
    unsafe {
        let text = utf8(bytes.data, bytes.size);
        sys::wasm_byte_vec_delete(&raw mut bytes);
        text
    }
}
