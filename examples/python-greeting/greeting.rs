//! A library that greets: strings cross as C strings in its memory. greet.py calls it.

use std::ffi::{CStr, CString};
use std::os::raw::c_char;

/// A new C string that greets whom the old one names. It is the caller's, who gives it to `free_string`.
///
/// # Safety
///
/// `name` points to bytes that end with a NUL.
#[no_mangle]
pub unsafe extern "C" fn custom_greet(name: *const c_char) -> *mut c_char {
    let name = CStr::from_ptr(name).to_string_lossy();
    let greeting = CString::new(format!("Hello, {}", name)).expect("a C string has no NUL inside");
    println!("guest: greeting {} in {} bytes", name, greeting.as_bytes().len());
    greeting.into_raw()
}

/// # Safety
///
/// `string` comes from `custom_greet`, or is null.
#[no_mangle]
pub unsafe extern "C" fn free_string(string: *mut c_char) {
    if !string.is_null() {
        drop(CString::from_raw(string));
    }
    println!("guest: freed");
}

#[no_mangle]
pub extern "C" fn add(a: i32, b: i32) -> i32 {
    a.wrapping_add(b)
}
