//! The tests that `wasm_runtime_layer` itself was published with, as they are. They name their backends: Weft takes the place
//! of one that isn't here.
#![allow(duplicate_macro_attributes)]

/// What stands for the crates that the tests name.
macro_rules! published {
    ($name:ident, $file:literal) => {
        mod $name {
            use weft_runtime_layer as wasmer_runtime_layer;

            /// The tests' attribute for browsers.
            mod wasm_bindgen_test {
                pub use core::prelude::v1::test as wasm_bindgen_test;
            }

            include!(concat!(env!("WASM_RUNTIME_LAYER_TESTS"), $file));
        }
    };
}

published!(add_one, "/add_one.rs");
published!(multi_value, "/multi_value.rs");
