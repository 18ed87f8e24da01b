;; A counter of bytes: an i64 for each.
(module
  (memory 1 1)
  (func (export "add") (param $byte i32) (param $count i64)
    (local $at i32)
    (local.set $at (i32.shl (local.get $byte) (i32.const 3)))
    (i64.store (local.get $at) (i64.add (i64.load (local.get $at)) (local.get $count))))
  (func (export "count") (param $byte i32) (result i64)
    (i64.load (i32.shl (local.get $byte) (i32.const 3))))
  (func (export "reset") (memory.fill (i32.const 0) (i32.const 0) (i32.const 2048))))
