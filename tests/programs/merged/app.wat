;; An application that packs bytes of its memory into another place of it, and counts them on the way. pack's result is the
;; packed size, or -1 if the packer is out of memory. merged.wasm is what binaryen's wasm-merge (version 132) makes of the
;; three modules here:
;;   wasm-merge app.wat app packer.wat packer counter.wat counter -g -o merged.wasm \
;;     --enable-multimemory --enable-bulk-memory --enable-mutable-globals
(module
  (import "packer" "packer" (memory $packer 1 8))
  (import "packer" "output" (global $output (mut i32)))
  (import "packer" "reserve" (func $reserve (param i32) (result i32)))
  (import "packer" "compress" (func $compress (param i32) (result i32)))
  (import "counter" "add" (func $add (param i32 i64)))
  (memory $app (export "memory") 1)

  (func (export "pack") (param $from i32) (param $size i32) (param $to i32) (result i32)
    (local $packed i32) (local $i i32)
    (if (i32.eqz (call $reserve (local.get $size))) (then (return (i32.const -1))))
    (memory.copy $packer $app (i32.const 0) (local.get $from) (local.get $size))
    (local.set $packed (call $compress (local.get $size)))
    (memory.copy $app $packer (local.get $to) (global.get $output) (local.get $packed))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $packed)))
        (call $add
          (i32.load8_u $app offset=1 (i32.add (local.get $to) (local.get $i)))
          (i64.load8_u $app (i32.add (local.get $to) (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 2)))
        (br $next)))
    (local.get $packed)))
