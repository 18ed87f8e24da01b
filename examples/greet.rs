//! A library for a host to call: strings cross in memory that the guest allocates.
//! host/greet.cc calls it.

use std::alloc::{alloc, dealloc, Layout};
use std::ffi::{CStr, CString};
use std::os::raw::c_char;

/// Room for `size` bytes, which the host fills and gives back with `free_bytes`.
#[no_mangle]
pub extern "C" fn alloc_bytes(size: usize) -> *mut u8 {
    unsafe { alloc(Layout::from_size_align(size.max(1), 1).unwrap()) }
}

/// # Safety
/// `bytes` comes from `alloc_bytes` with the same size.
#[no_mangle]
pub unsafe extern "C" fn free_bytes(bytes: *mut u8, size: usize) {
    dealloc(bytes, Layout::from_size_align(size.max(1), 1).unwrap());
}

/// Takes a C string and gives a new one, which the host gives back with `free_string`.
///
/// # Safety
/// `name` points to bytes that end with a NUL.
#[no_mangle]
pub unsafe extern "C" fn greet(name: *const c_char) -> *mut c_char {
    let name = CStr::from_ptr(name).to_string_lossy();
    println!("greet: {} characters", name.chars().count());
    CString::new(format!("Hello, {}!", name)).unwrap().into_raw()
}

/// # Safety
/// `string` comes from `greet`, or is null.
#[no_mangle]
pub unsafe extern "C" fn free_string(string: *mut c_char) {
    if string.is_null() {
        println!("free_string: nothing to free");
        return;
    }
    drop(CString::from_raw(string));
    println!("free_string: done");
}

#[no_mangle]
pub extern "C" fn add(a: i32, b: i32) -> i32 {
    a.wrapping_add(b)
}
