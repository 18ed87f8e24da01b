;; Garbage collection: binary trees are built, counted and dropped, while a large one lives on.
(type $tree (struct (field $left (ref null $tree)) (field $right (ref null $tree))))

(func $grow (param $depth i32) (result (ref $tree))
  (if (result (ref $tree)) (i32.eqz (local.get $depth))
    (then (struct.new_default $tree))
    (else
      (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
      (struct.new $tree (call $grow (local.get $depth)) (call $grow (local.get $depth))))))

(func $nodes (param $tree (ref null $tree)) (result i32)
  (if (result i32) (ref.is_null (local.get $tree))
    (then (i32.const 0))
    (else
      (i32.add (i32.const 1)
        (i32.add
          (call $nodes (struct.get $tree $left (local.get $tree)))
          (call $nodes (struct.get $tree $right (local.get $tree))))))))

(func (export "_start")
  (local $kept (ref null $tree)) (local $depth i32) (local $left i32) (local $sum i64)
  (local.set $kept (call $grow (i32.const 16)))
  (local.set $depth (i32.const 4))
  (loop $depths
    ;; The smaller the trees, the more of them.
    (local.set $left (i32.shl (i32.const 1) (i32.sub (i32.const 18) (local.get $depth))))
    (loop $trees
      (local.set $sum
        (call $mix (local.get $sum) (i64.extend_i32_u (call $nodes (call $grow (local.get $depth))))))
      (br_if $trees (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (local.set $depth (i32.add (local.get $depth) (i32.const 4)))
    (br_if $depths (i32.le_u (local.get $depth) (i32.const 16))))
  (call $result (call $mix (local.get $sum) (i64.extend_i32_u (call $nodes (local.get $kept))))))
