;; A 64-bit memory: the functions' 32-bit addresses reach its first 4 GiB.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") i64 1)
  (data (i64.const 0) "\10\00\00\00\06\00\00\00")
  (data (i64.const 16) "64 bit")
  (func (export "_start")
    (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then (call $exit (i32.const 1))))
    ;; 21 is FAULT.
    (if (i32.ne (call $random (i32.const 65535) (i32.const 2)) (i32.const 21)) (then (call $exit (i32.const 2))))
    (if (i32.ne (call $random (i32.const -1) (i32.const 2)) (i32.const 21)) (then (call $exit (i32.const 3))))
    (call $exit (i32.load (i64.const 8)))))
